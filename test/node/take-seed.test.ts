import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { type SeedName, signedTree } from '../../src/generate/signed.ts';
import type { Tree } from '../../src/render/tree.ts';
import { signerLines } from '../../src/secrets/index.ts';
import { sample } from '../secrets/sample.ts';
import { me, myGroup, type PretendNode, pretendNode, type Staged, script, seed } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const secrets = sample();

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-take-'));
  folders.push(folder);
  return folder;
}

const test = suite<Context>('take-seed', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
  context.node.write('/etc/stackseed/seed-signers', `${signerLines(secrets, 'memo').join('\n')}\n`);
  context.node.write(
    '/run/cloud-init/instance-data.json',
    '{"ds": {"meta_data": {"stackseed-generation": 3}}}',
  );
  context.node.write('/var/lib/cloud/instance/user-data.txt', String(userData(one('old\n'))));
  context.node.lay(one('old\n'));
  assert.is(context.node.run(['converge', 'one']).status, 0);
});
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
test.after.each(({ node }) => node.end());

function one(content: string): Record<string, Staged> {
  return { one: { converge: script(''), files: { '/etc/one.conf': { content } } } };
}

/** What write_files would hold to lay these components. */
function userData(components: Record<string, Staged>): string {
  const other = pretendNode();
  try {
    other.lay(components);
    const list = other.read(`${seed}/seed.list`);
    const paths = [...list.matchAll(/^[0-9a-f]{64} {2}(.*)$/gm)].map(([, path = '']) => path);
    const files = [...paths, `${seed}/seed.list`].map((path) => ({
      path,
      permissions: other.mode(path),
      owner: `${me}:${myGroup}`,
      content: other.read(path),
    }));
    return `#cloud-config\n${stringify({ write_files: files })}`;
  } finally {
    other.end();
  }
}

function seedOf(
  content: string,
  name: Partial<SeedName> = {},
  change: (tree: Tree) => void = () => {},
  by = secrets,
): string {
  const file = (text: string) => ({ content: text, mode: '0600' });
  const plain: Tree = new Map([
    ['meta-data', file('instance-id: i-new\n')],
    ['network-config', file('version: 2\n')],
    ['user-data', file(userData(one(content)))],
  ]);
  const tree = signedTree(plain, { fleet: 'memo', host: 'cnt1', generation: 4, ...name }, by);
  change(tree);
  const folder = temporaryFolder();
  for (const [path, { content: bytes }] of tree) writeFileSync(join(folder, path), bytes);
  return folder;
}

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
