import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SeedName } from '../../src/generate/signed.ts';
import type { Tree } from '../../src/render/tree.ts';
import { sample } from '../secrets/sample.ts';
import { type PretendNode, seed } from './pretend.ts';
import { one, removeFolders, seedOf, third } from './signed-seed.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('take-seed', {} as Context);
test.before.each((context) => {
  context.node = third();
});
test.after(removeFolders);
test.after.each(({ node }) => node.end());

test('a signed seed of a later generation is laid, kept for later boots, and converged', ({ node }) => {
  const { status, stderr } = node.run(['apply', seedOf('new\n')]);
  assert.is(status, 0, stderr);
  assert.match(stderr, 'generation 4 of cnt1, after 3');
  assert.match(stderr, 'changes /etc/one.conf');
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/etc/one.conf'), 'new\n');
  assert.match(node.read('/var/lib/cloud/seed/nocloud/meta-data'), 'instance-id: i-new');
  assert.match(node.read('/etc/cloud/cloud.cfg.d/95_stackseed.cfg'), 'fs_label: null');
  assert.is(node.read('/var/lib/stackseed/generation'), '4\n');
  assert.not(node.has('/var/lib/stackseed/taking'));
  assert.is(node.mode('/var/lib/cloud/seed/nocloud/user-data'), '0600');
});

test('--dry-run shows what changes, and changes nothing', ({ node }) => {
  const { status, stderr } = node.run(['apply', '--dry-run', seedOf('new\n')]);
  assert.is(status, 0, stderr);
  assert.match(stderr, 'changes /etc/one.conf');
  assert.not.match(stderr, 'new\n');
  assert.not(node.has('/var/lib/stackseed/taken'));
  assert.not(node.has('/var/lib/cloud/seed/nocloud'));
  assert.equal(node.calls('systemctl restart'), []);
});

test('--back takes the seed from before, and again the one after', ({ node }) => {
  const configuration = () => {
    node.run(['converge', 'one']);
    return node.read('/etc/one.conf');
  };
  assert.match(node.run(['apply', '--back']).stderr, 'there is no seed from before');
  node.run(['apply', seedOf('new\n')]);
  assert.is(configuration(), 'new\n');
  assert.is(node.run(['apply', '--back']).status, 0);
  assert.is(configuration(), 'old\n');
  assert.is(node.run(['apply', '--back']).status, 0);
  assert.is(configuration(), 'new\n');
});

const refusals: { what: string; name?: Partial<SeedName>; change?: (tree: Tree) => void; says: string }[] = [
  { what: 'of another host', name: { host: 'cnt2' }, says: 'that is a seed of host cnt2, and this is cnt1' },
  {
    what: 'of another fleet',
    name: { fleet: 'other' },
    says: 'that is a seed of fleet other, and this is memo',
  },
  {
    what: 'of an older generation',
    name: { generation: 2 },
    says: 'generation 2 is older than 3, which this host has; --older takes it all the same',
  },
  {
    what: 'with other bytes than were signed',
    change: (tree) => tree.set('user-data', { content: '#cloud-config\n', mode: '0600' }),
    says: 'user-data is not what was signed',
  },
  {
    what: 'with other sums than were signed',
    change: (tree) => {
      const sums = String(tree.get('seed.sums')?.content).replace('generation 4', 'generation 9');
      tree.set('seed.sums', { content: sums, mode: '0600' });
    },
    says: "the seed has no good signature of this fleet's",
  },
  {
    what: 'without a signature',
    change: (tree) => tree.delete('seed.sums.sig'),
    says: 'that is no signed seed: seed.sums.sig is missing',
  },
];
for (const { what, name, change, says } of refusals)
  test(`a seed ${what} is refused, and nothing changes`, ({ node }) => {
    const { status, stderr } = node.run(['apply', seedOf('new\n', name, change)]);
    assert.is(status, 1);
    assert.match(stderr, says);
    assert.not(node.has('/var/lib/stackseed/taken'));
    assert.not(node.has('/var/lib/stackseed/taking'));
    assert.not.match(node.read(`${seed}/components/one/files/etc/one.conf`), 'new');
  });

test("after a rotation of the signer's key a host takes the seed, for the key from before still signs", ({
  node,
}) => {
  const rotated = sample({}, { 'seed-signature': 1 });
  assert.is(node.run(['apply', seedOf('new\n', {}, undefined, rotated)]).status, 0);
});

test("a seed with another fleet's signature is refused", ({ node }) => {
  // What two rotations sign with, this host has never heard of.
  const theirs = sample({}, { 'seed-signature': 2 });
  const { status, stderr } = node.run(['apply', seedOf('new\n', {}, undefined, theirs)]);
  assert.is(status, 1);
  assert.match(stderr, "the seed has no good signature of this fleet's");
});

test('an older generation is taken when told so', ({ node }) => {
  assert.is(node.run(['apply', '--older', seedOf('new\n', { generation: 2 })]).status, 0);
  assert.is(node.read('/var/lib/stackseed/generation'), '3\n');
});

test('what a power cut left undone is done by whoever looks at the seed next', ({ node }) => {
  node.run(['apply', seedOf('new\n')]);
  // As it is when power goes before the first file is laid.
  node.exec(['mv', `${node.root}/var/lib/stackseed/taken`, `${node.root}/var/lib/stackseed/taking`]);
  node.lay(one('old\n'));
  node.remove('/run/stackseed');
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/etc/one.conf'), 'new\n');
  assert.not(node.has('/var/lib/stackseed/taking'));
  assert.ok(node.has('/var/lib/stackseed/taken/user-data'));
});

test('a seed in the drive counts again once it is newer than what was taken', ({ node }) => {
  const choose = ['python3', '-I', '-B', `${node.root}/usr/local/lib/stackseed/py/take_seed.py`, 'choose'];
  const drive = (generation: number) => {
    node.stub('blkid', `echo ${seedOf('drive\n', { generation })}`);
    const { status, stderr } = node.exec(choose);
    assert.is(status, 0, stderr);
    return node.has('/etc/cloud/cloud.cfg.d/95_stackseed.cfg');
  };
  node.run(['apply', seedOf('new\n')]);
  assert.ok(drive(3));
  assert.ok(drive(4));
  assert.not(drive(5));
  assert.not(node.has('/var/lib/cloud/seed/nocloud'));
  assert.not(node.has('/var/lib/stackseed/taken'));
});

test('wrong use says what is right', ({ node }) => {
  for (const words of [['--dry-run'], ['--back', '--older'], ['a', 'b'], ['--back', 'a'], ['--newer', 'a']]) {
    const { status, stderr } = node.run(['apply', ...words]);
    assert.is(status, 2, words.join(' '));
    assert.match(stderr, 'usage: stackseed-node apply [SOURCE');
  }
  const { status, stderr } = node.run(['apply', join(tmpdir(), 'is-not-there')]);
  assert.is(status, 1);
  assert.match(stderr, 'is-not-there is not there');
});

test.run();
