import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { convergeUntil, type PretendNode, pretendNode, script, seed } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('seed', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
});
test.after.each(({ node }) => node.end());

const one = { one: { converge: script(''), files: { '/etc/one.conf': { content: 'one\n' } } } };
const staged = `${seed}/components/one/files/etc/one.conf`;

/** The reason that `one` waits for: here the seed never becomes whole. */
async function firstReason(node: PretendNode): Promise<string> {
  return (await convergeUntil(node, 'one', 'waiting'))['reason'] ?? '';
}

test('a whole seed is recorded under its instance-id', ({ node }) => {
  node.lay(one);
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/var/lib/stackseed/laid'), 'i-one\n');
  assert.is(node.read('/var/lib/stackseed/laid.list'), node.read(`${seed}/seed.list`));
  assert.is(node.mode(seed), '0700');
  assert.equal(node.calls('cloud-init'), []);
});

const damage: Record<string, { harm: (node: PretendNode) => void; says: RegExp }> = {
  'a missing file': {
    harm: (node) => node.remove(staged),
    says: /1 of 5 files missing or torn: .*one\.conf$/,
  },
  'an empty file': {
    harm: (node) => node.write(staged, ''),
    says: /1 of 5 files missing or torn: .*one\.conf$/,
  },
  'a file of zero bytes': { harm: (node) => node.write(staged, '\0\0\0\0'), says: /one\.conf$/ },
  'a torn node.env': {
    harm: (node) => node.write('/etc/stackseed/node.env', "STACKSEED_HOST='c"),
    says: /torn: \/etc\/stackseed\/node\.env$/,
  },
  'a list without its end': {
    harm: (node) =>
      node.write(`${seed}/seed.list`, node.read(`${seed}/seed.list`).split('\n').slice(0, 3).join('\n')),
    says: /seed\.list is torn$/,
  },
  'a list that lost a line': {
    harm: (node) =>
      node.write(`${seed}/seed.list`, node.read(`${seed}/seed.list`).split('\n').slice(1).join('\n')),
    says: /seed\.list is torn$/,
  },
  'an empty list': {
    harm: (node) => node.write(`${seed}/seed.list`, ''),
    says: /seed\.list is missing or empty$/,
  },
  'no list': { harm: (node) => node.remove(`${seed}/seed.list`), says: /seed\.list is missing or empty$/ },
};
for (const [name, { harm, says }] of Object.entries(damage)) {
  test(`${name} keeps everything from converging, and says so`, async ({ node }) => {
    node.lay(one);
    harm(node);
    assert.match(await firstReason(node), says);
    assert.not(node.has('/var/lib/stackseed/laid'));
    assert.not(node.has('/etc/one.conf'));
    // Tried at once, and not again within the minute.
    assert.equal(node.calls('cloud-init'), ['cloud-init single --name write_files --frequency always']);
  });
}

test('many damaged files are counted, three are named', async ({ node }) => {
  const files = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`/etc/${n}`, { content: `${n}\n` }]));
  node.lay({ one: { files } });
  for (const n of [1, 2, 3, 4, 5]) node.write(`${seed}/components/one/files/etc/${n}`, '');
  assert.match(
    await firstReason(node),
    /: 5 of 8 files missing or torn: \S+etc\/1 \S+etc\/2 \S+etc\/3 and more$/,
  );
});

test('cloud-init lays a torn seed again, and convergence goes on', ({ node }) => {
  node.lay(one);
  node.write(staged, '');
  node.stub('cloud-init', `printf 'one\\n' >"$ROOT${staged}"`);
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/etc/one.conf'), 'one\n');
  assert.equal(node.calls('systemctl'), ['systemctl daemon-reload']);
});

test('without an instance-id the seed counts, but is not recorded as laid', ({ node }) => {
  node.lay(one);
  node.write('/var/lib/cloud/data/instance-id', '\0\0\0');
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.not(node.has('/var/lib/stackseed/laid'));
});

test('what the seed folder has and its list has not is removed', ({ node }) => {
  node.lay({ ...one, two: { converge: script('') } });
  node.run(['converge', 'one']);
  node.lay(one);
  node.write(`${seed}/stray`, 'x');
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  node.run(['converge', 'one']);
  assert.not(node.has(`${seed}/stray`));
  assert.not(node.has(`${seed}/components/two`));
  assert.ok(node.has(`${seed}/seed.list`) && node.has(`${seed}/components.list`));
});

test('a file outside the seed folder that a later seed drops is removed, unless it was changed', ({
  node,
}) => {
  node.lay(one, { '/etc/gone.conf': 'gone\n', '/etc/mine.conf': 'theirs\n' });
  node.run(['converge', 'one']);
  node.write('/etc/mine.conf', 'mine\n');
  node.lay(one);
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  const { stderr } = node.run(['converge', 'one']);
  assert.not(node.has('/etc/gone.conf'));
  assert.is(node.read('/etc/mine.conf'), 'mine\n');
  assert.match(stderr, /leaving \/etc\/mine\.conf/);
});

test('once laid, a file changed by hand does not stop the next boot', ({ node }) => {
  node.lay(one);
  node.run(['converge', 'one']);
  node.write(`${seed}/packages.list`, 'by hand\n');
  node.remove('/run/stackseed');
  assert.is(node.run(['converge', 'one']).status, 0);
});

test('the network configuration that is empty is written again before the seed counts as laid', ({
  node,
}) => {
  node.lay(one);
  node.write('/etc/netplan/50-cloud-init.yaml', '');
  node.stub(
    'cloud-init',
    'echo i-one >"$ROOT/var/lib/cloud/data/instance-id"; echo network: >"$ROOT/etc/netplan/50-cloud-init.yaml"',
  );
  node.stub('netplan');
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.equal(node.calls('cloud-init'), ['cloud-init init --local']);
  assert.equal(node.calls('netplan'), ['netplan apply']);
  assert.is(node.read('/var/lib/stackseed/laid'), 'i-one\n');
});

test.run();
