import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode, type Ran } from '../components/pretend-node.ts';
import { memo, rendered } from '../components/rendered.ts';

const values = {
  COROSYNC_UNIT: 'corosync.service',
};
const conf = '/etc/corosync/corosync.conf';

/** What corosync-cmapctl of 3.1 prints of a nodelist, given "NAME ID ADDRESS" each, all of them members. */
function keys(...nodes: string[]): string {
  return nodes
    .map((node, index) => {
      const [name, id, address] = node.split(' ');
      return [
        `nodelist.node.${index}.name (str) = ${name}`,
        `nodelist.node.${index}.nodeid (u32) = ${id}`,
        `nodelist.node.${index}.ring0_addr (str) = ${address}`,
        `runtime.members.${id}.status (str) = joined`,
      ].join('\n');
    })
    .join('\n');
}

const three = ['cnt1 307 192.168.1.51', 'cnt2 308 192.168.1.52', 'cnt3 309 192.168.1.53'];
/** One network only, so that a node has one address. */
const inventory = memo
  .replace(/ {6}public: \{ mac: "52:54:00:00:00:5.*\n/g, '')
  .replace(/^ {4}public: 192.*\n/m, '');

function onController(use: (node: PretendNode) => void, transport = 'knet'): void {
  onNode('corosync', { ...values, COROSYNC_TRANSPORT: transport, STACKSEED_HOST: 'cnt1' }, (node) => {
    layPrograms(node, 'peers', 'py/durable.py');
    layPrograms(node, 'corosync', 'py/corosync_key.py', 'py/report_corosync.py', 'release-addresses');
    node.write(conf, rendered(inventory, 'cnt1', conf));
    node.write('/etc/stackseed/corosync.key', `${'0123456789abcdef'.repeat(4)}\n`, 0o600);
    node.write('/etc/systemd/system/corosync.service.d/stackseed.conf', '[Service]\n');
    node.write('/usr/local/lib/stackseed/py/ask.py', asking({}));
    node.stub('corosync');
    node.stub('corosync-cfgtool', 'cp "$STATE/file-keys" "$STATE/keys"');
    node.stub('corosync-cmapctl', 'cat "$STATE/keys"');
    node.stub('corosync-quorumtool', 'echo "Quorate:          Yes"');
    node.write('../state/keys', keys(...three));
    use(node);
  });
}

/** A stand-in for ask.py: what the controllers answer. */
function asking(answers: Record<string, unknown>): string {
  return `import json\ndef read_cluster(root):\n    return {'self': 'cnt1'}\ndef ask_all(root, sections, state, timeout, names=None):\n    return json.loads(${JSON.stringify(JSON.stringify(answers))})\n`;
}

const restarts = (calls: string[]) => calls.filter((call) => call.startsWith('systemctl restart'));

test('Corosync is started once it may, and left alone by the next run', () => {
  onController((node) => {
    const first = node.run('converge');
    assert.is(first.status, 0, first.stderr);
    assert.equal(restarts(first.calls), [
      'systemctl restart --job-mode=ignore-dependencies corosync.service',
    ]);
    assert.ok(node.exists('/run/stackseed/allow/corosync'));
    const again = node.run('converge');
    assert.is(again.status, 0, again.stderr);
    assert.equal(restarts(again.calls), []);
    assert.not.ok(again.calls.some((call) => call.startsWith('corosync-cfgtool')));
  });
});

test('the key has the 128 bytes that every Corosync takes, and comes from the secret alone', () => {
  onController((node) => {
    node.run('converge');
    const first = node.read('/etc/corosync/authkey');
    node.remove('/etc/corosync/authkey');
    node.run('converge');
    assert.is(node.read('/etc/corosync/authkey'), first);
    const size = node.inNetwork('stat -c "%s %a" "$ROOT/etc/corosync/authkey"').stdout.trim();
    assert.is(size, '128 400');
  });
});

test('a changed list is taken in without a restart', () => {
  onController((node) => {
    node.run('converge');
    const four = [...three, 'cnt4 310 192.168.1.54'];
    const more =
      '\tnode {\n\t\tname: cnt4\n\t\tnodeid: 310\n\t\tring0_addr: 192.168.1.54\n\t}\n}\n\nquorum {';
    node.write(conf, node.read(conf).replace('}\n\nquorum {', more));
    node.write('../state/file-keys', keys(...four));
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.ok(ran.calls.includes('corosync-cfgtool -R'));
    assert.equal(restarts(ran.calls), []);
  });
});

test('a list that Corosync does not take in, and any other change, restarts it', () => {
  onController((node) => {
    node.run('converge');
    node.write('../state/keys', keys(...three.slice(0, 2)));
    node.write('../state/file-keys', keys(...three.slice(0, 2)));
    assert.equal(restarts(node.run('converge').calls), ['systemctl restart corosync.service']);
    node.write('../state/keys', keys(...three));
    node.write(conf, node.read(conf).replace('token: 1000', 'token: 2000'));
    assert.equal(restarts(node.run('converge').calls), ['systemctl restart corosync.service']);
  });
});

test('it does not start beside a Corosync that has another list', () => {
  const report = (nodes: string[]) => ({ answer: { corosync: { running: true, nodes } } });
  onController((node) => {
    node.write('/usr/local/lib/stackseed/py/ask.py', asking({ cnt2: report(three.slice(1)), cnt3: null }));
    const ran = node.run('converge');
    assert.is(ran.status, 75);
    assert.is(
      ran.why,
      'for cnt2, whose Corosync runs with cnt2 cnt3, to have the list of this host: cnt1 cnt2 cnt3',
    );
    assert.not.ok(node.exists('/run/stackseed/allow/corosync'));
    node.write(
      '/usr/local/lib/stackseed/py/ask.py',
      asking({ cnt2: report(three), cnt3: { answer: { corosync: { running: false, nodes: [] } } } }),
    );
    assert.is(node.run('converge').status, 0);
  });
});

const [OLD, NEW] = ['0123456789abcdef'.repeat(4), 'f'.repeat(64)];
const ASK = '/usr/local/lib/stackseed/py/ask.py';

/** Names of the keys that secrets make. */
function keyNames(node: PretendNode, ...secrets: string[]): string[] {
  const program = `import corosync_key as k; print(*[k.name_of(k.key_of(one)) for one in "${secrets.join(' ')}".split()])`;
  const folder = '"$ROOT/usr/local/lib/stackseed/py"';
  return node.inNetwork(`PYTHONPATH=${folder} python3 -c '${program}'`).stdout.trim().split(' ');
}

/** Two others with the same state of their keys, as members of Corosync. */
function others(runs: string, file: string, knows: string[], running = true): string {
  const one = { answer: { corosync: { running, nodes: three, key: { runs, file, knows } } } };
  return asking({ cnt2: one, cnt3: one });
}

const followed = (calls: string[]) =>
  calls.includes('systemctl start --no-block stackseed-corosync-key.service');

/** One turn of what that unit runs; prints the seconds until the next one, and its words. */
function follow(node: PretendNode): Ran {
  const program = 'import os, corosync_key as k; print(*k.turn(os.environ["ROOT"]))';
  const folder = '"$ROOT/usr/local/lib/stackseed/py"';
  return node.inNetwork(`PYTHONPATH=${folder} python3 -B -c '${program}'`);
}

test('a new key is taken in by all at once, when all have it, without a restart', () => {
  onController((node) => {
    const [old = '', fresh = ''] = keyNames(node, OLD, NEW);
    node.write('../state/file-keys', keys(...three));
    const first = node.run('converge');
    assert.is(keyOfFile(node), old);
    assert.not.ok(followed(first.calls));
    node.write('/etc/stackseed/corosync.key', `${OLD}\n${NEW}\n`, 0o600);
    node.write(ASK, others(old, old, [old]));
    const second = node.run('converge');
    assert.is(second.status, 0, second.stderr);
    assert.ok(followed(second.calls));
    assert.is(follow(node).stdout, '10 waiting for cnt2 cnt3 to know the new key\n');
    assert.is(keyOfFile(node), old);
    assert.match(node.run('health').stdout, 'with the key from before: cnt2 cnt3 do not know the new one');
    node.write(ASK, others(old, old, [old, fresh]));
    const third = follow(node);
    assert.is(third.stdout, '1 waiting for cnt2 cnt3 to lay down the new key\n');
    assert.not.ok(third.calls.includes('corosync-cfgtool -R'));
    assert.is(keyOfFile(node), fresh);
    assert.match(node.run('health').stdout, 'with the key from before, about to take the new one in');
    node.write(ASK, others(old, fresh, [old, fresh]));
    const fourth = follow(node);
    assert.is(fourth.stdout, '0 has taken in the new key\n', fourth.stderr);
    assert.ok(fourth.calls.includes('corosync-cfgtool -R'));
    assert.is(node.run('health').stdout, '3 of 3 controllers: cnt1 cnt2 cnt3, a majority\n');
    const last = node.run('converge');
    assert.not.ok(followed(last.calls));
    assert.equal(restarts([...second.calls, ...last.calls]), []);
  });
});

test('a host that starts among others that do not run either keeps the key that it had', () => {
  onController((node) => {
    const [old = '', fresh = ''] = keyNames(node, OLD, NEW);
    node.run('converge');
    node.write('/etc/stackseed/corosync.key', `${OLD}\n${NEW}\n`, 0o600);
    node.write(ASK, others('', old, [old, fresh], false));
    node.remove('../state/active-corosync.service');
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.is(keyOfFile(node), old);
    assert.ok(followed(ran.calls));
  });
});

test('another list of controllers waits while some have the new key and some have not', () => {
  onController((node) => {
    node.run('converge');
    const [old = '', fresh = ''] = keyNames(node, OLD, NEW);
    node.write('/etc/stackseed/corosync.key', `${OLD}\n${NEW}\n`, 0o600);
    node.write(ASK, others(old, old, [old, fresh]));
    follow(node);
    node.write('../state/keys', keys(...three.slice(0, 2)));
    const ran = node.run('converge');
    assert.is(ran.status, 75);
    assert.is(ran.why, 'for the new key, before the new list of controllers');
    assert.not.ok(ran.calls.includes('corosync-cfgtool -R'));
  });
});

test('a member that says nothing keeps a new key from being taken in', () => {
  onController((node) => {
    node.run('converge');
    const [old = '', fresh = ''] = keyNames(node, OLD, NEW);
    node.write('/etc/stackseed/corosync.key', `${OLD}\n${NEW}\n`, 0o600);
    const key = { runs: old, file: old, knows: [old, fresh] };
    const one = { answer: { corosync: { running: true, nodes: three, key } } };
    node.write(ASK, asking({ cnt2: one, cnt3: null }));
    assert.is(follow(node).stdout, '10 waiting for cnt3 to know the new key\n');
    assert.is(keyOfFile(node), old);
  });
});

for (const [what, runs, knows, running, expected] of [
  ['the others run with the one from before', 0, [0, 1], true, 0],
  ['the others do not know the new one', 0, [0], false, 0],
  ['the others run with the new one', 1, [0, 1], true, 1],
  ['nobody runs, and all know it', 0, [0, 1], false, 1],
] as const)
  test(`a host that starts takes ${expected ? 'the new key' : 'the key from before'} where ${what}`, () => {
    onController((node) => {
      const names = keyNames(node, OLD, NEW);
      const of = (index: number) => names[index] ?? '';
      node.write('/etc/stackseed/corosync.key', `${OLD}\n${NEW}\n`, 0o600);
      node.write(ASK, others(of(runs), of(runs), knows.map(of), running));
      const ran = node.run('converge');
      assert.is(ran.status, 0);
      assert.is(keyOfFile(node), of(expected));
      assert.is(followed(ran.calls), expected === 0);
    });
  });

for (const [what, transport, secrets] of [
  ['two rotations', 'knet', [NEW]],
  ['an older Corosync', 'udpu', [OLD, NEW]],
] as const)
  test(`a key that Corosync cannot come to while it runs restarts it: ${what}`, () => {
    onController((node) => {
      node.run('converge');
      node.write('/etc/stackseed/corosync.key', `${secrets.join('\n')}\n`, 0o600);
      assert.equal(restarts(node.run('converge').calls), ['systemctl restart corosync.service']);
      assert.is(keyOfFile(node), keyNames(node, NEW)[0]);
    }, transport);
  });

function keyOfFile(node: PretendNode): string {
  const program = 'import sys, corosync_key as k; print(k.name_of(open(sys.argv[1], "rb").read()))';
  const folder = '"$ROOT/usr/local/lib/stackseed/py"';
  return node
    .inNetwork(`PYTHONPATH=${folder} python3 -c '${program}' "$ROOT/etc/corosync/authkey"`)
    .stdout.trim();
}

test('a configuration that corosync refuses halts; a missing address is waited for', () => {
  onController((node) => {
    node.stub('corosync', 'echo "error   [MAIN  ] Invalid transport type." >&2; exit 8');
    const bad = node.run('converge');
    assert.is(bad.status, 78);
    assert.is(bad.why, 'corosync refuses its configuration: Invalid transport type.');
    node.stub(
      'corosync',
      'echo "error   [MAIN  ] parse error in config: No valid name found for local host" >&2; exit 8',
    );
    assert.is(node.run('converge').status, 75);
  });
});

test('health names whom Corosync sees, and is well without a majority', () => {
  onController((node) => {
    assert.is(node.run('health').stdout, '3 of 3 controllers: cnt1 cnt2 cnt3, a majority\n');
    node.write(
      '../state/keys',
      keys(...three).replace('309.status (str) = joined', '309.status (str) = left'),
    );
    node.stub('corosync-quorumtool', 'echo "Quorate:          No"; exit 2');
    const alone = node.run('health');
    assert.is(alone.stdout, '2 of 3 controllers: cnt1 cnt2, no majority\n');
    assert.is(alone.status, 0);
    node.stub('corosync-cmapctl', 'exit 1');
    assert.is(node.run('health').status, 1);
  });
});

test('a host whose Corosync died gives up the virtual addresses, one that ended well has done so', () => {
  onController((node) => {
    node.write('/etc/stackseed/virtual-addresses', '192.168.0.50\n192.168.1.50\n');
    const has = '4: manage    inet 192.168.1.50/24 scope global secondary manage\\ valid_lft forever';
    node.stub('ip', `case "$*" in *'show to 192.168.1.50/32') echo '${has}' ;; esac`);
    const release = (result: string) =>
      node.inNetwork(`SERVICE_RESULT=${result} bash "$ROOT/usr/local/lib/stackseed/release-addresses"`);
    const given = release('signal').calls.filter((call) => call.startsWith('ip address del'));
    assert.equal(given, ['ip address del 192.168.1.50/24 dev manage']);
    assert.equal(release('success').calls, []);
  });
});

test('numbers of nodes are those of their addresses, so nobody is renumbered', () => {
  const ids = (text: string) =>
    [...text.matchAll(/name: (\w+)\n\t\tnodeid: (\d+)/g)].map(([, ...one]) => one.join(' '));
  const before = ids(rendered(memo, 'cnt3', conf));
  assert.equal(before, ['cnt1 307', 'cnt2 308', 'cnt3 309']);
  const without = memo.replace('  cnt1:\n', '  cnt1:\n    state: absent\n');
  assert.equal(ids(rendered(without, 'cnt3', conf)), before.slice(1));
});

test('there are two links where all controllers are on two networks, and one elsewhere', () => {
  const both = rendered(memo.replace('platform: ubuntu-16.04', 'platform: debian-12'), 'cnt1', conf);
  assert.is(both.match(/ring1_addr: 192\.168\.0\.5/g)?.length, 3);
  assert.match(both, /transport: knet/);
  const old = rendered(memo, 'cnt1', conf);
  assert.match(old, /transport: udpu/);
  assert.not.match(old, /ring1_addr/);
  const partly = memo
    .replace('platform: ubuntu-16.04', 'platform: debian-12')
    .replace('      public: { mac: "52:54:00:00:00:53", address: 192.168.0.53 }\n', '');
  assert.not.match(rendered(partly, 'cnt1', conf), /ring1_addr/);
});

test.run();
