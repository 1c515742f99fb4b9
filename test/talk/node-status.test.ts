import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, script } from '../node/pretend.ts';
import { cluster, type Listening, listen, serve, type TalkHost, talkHost } from './hosts.ts';

/** cnt1 is a whole pretend node; cnt2 answers it. */
interface Context {
  node: PretendNode;
  cnt2: TalkHost;
  at: Listening;
}

const test = suite<Context>('stackseed-node on a controller', {} as Context);
const controllers = { cnt1: '127.0.0.1', cnt2: '127.0.0.2', cnt3: '127.0.0.3' };

test.before.each(async (context) => {
  const [node, cnt1, cnt2] = [pretendNode(), talkHost('cnt1'), talkHost('cnt2')];
  cpSync(cnt1.root, node.root, { recursive: true });
  cnt1.end();
  const at = await serve(cnt2, '127.0.0.2');
  node.write('/etc/stackseed/cluster.json', cluster('cnt1', controllers, at.port));
  cnt2.write('/etc/stackseed/cluster.json', cluster('cnt2', controllers, at.port));
  node.lay({ one: { converge: script('') } });
  Object.assign(context, { node, cnt2, at });
});
test.after.each(async ({ node, cnt2, at }) => {
  await at.close();
  node.end();
  cnt2.end();
});

/** Its output from the table of the controllers on; runs apart, so that cnt2 can answer. */
async function clusters(node: PretendNode): Promise<string[]> {
  const child = spawn('bash', [join(node.root, 'usr/local/sbin/stackseed-node'), 'status'], {
    env: {
      PATH: process.env['PATH'],
      ROOT: node.root,
      STACKSEED_LIB: join(node.root, 'usr/local/lib/stackseed'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  const lines = said.trimEnd().split('\n');
  return lines.slice(lines.indexOf('') + 1);
}

const section = (node: PretendNode, name: string, body: string) =>
  node.write(`/usr/local/lib/stackseed/py/report_${name}.py`, `def report(root):\n    ${body}\n`);

test('status shows the clusters: this host, those that answer, and those that do not', async ({
  node,
  cnt2,
  at,
}) => {
  section(
    node,
    'galera',
    'return {"state": "MEMBER", "history": "1f0a22c4-aaaa", "position": 1042, "running": "primary", "synced": True, "serving": True}',
  );
  section(
    node,
    'pacemaker',
    'return {"quorate": True, "dc": "cnt1", "vips": {"192.168.0.50": True, "192.168.1.50": False}}',
  );
  section(
    node,
    'rabbitmq',
    'return {"state": "MEMBER", "running": "yes", "cluster": ["a", "b", "c"], "alive": ["a", "b"]}',
  );
  cnt2.section('galera', 'return {"state": "PROMISED", "running": "no", "promise": {"to": "cnt1"}}');
  cnt2.section(
    'pacemaker',
    'return {"quorate": False, "vips": {"192.168.0.50": False, "192.168.1.50": False}}',
  );
  cnt2.section('rabbitmq', 'raise OSError("x")');
  assert.equal(await clusters(node), [
    'CONTROLLER  GALERA                            RABBITMQ                PACEMAKER',
    'cnt1        MEMBER 1f0a22c4:1042, serving     MEMBER, 2 of 3 running  quorate, DC cnt1',
    'cnt2        PROMISED, stopped, promised cnt1  -                       no quorum, DC -',
    'cnt3        silent',
    '192.168.0.50 is on cnt1',
    '192.168.1.50 is on no host',
  ]);
  const server = await listen((socket) => socket.end('x'), '127.0.0.3', at.port);
  assert.is((await clusters(node))[3], 'cnt3        no good answer');
  await server.close();
});

test('two that hold one address are both named', async ({ node, cnt2 }) => {
  section(node, 'pacemaker', 'return {"vips": {"192.168.0.50": True}}');
  cnt2.section('pacemaker', 'return {"vips": {"192.168.0.50": True}}');
  assert.is((await clusters(node)).at(-1), '192.168.0.50 is on cnt1 and cnt2');
});

test('sections and controllers that hang do not hang status', async ({ node, cnt2, at }) => {
  section(node, 'galera', 'import time; time.sleep(60)');
  cnt2.section('galera', 'import time; time.sleep(60)');
  const server = await listen(() => {}, '127.0.0.3', at.port);
  const began = Date.now();
  const lines = await clusters(node);
  assert.ok(Date.now() - began < 9000);
  assert.match(lines[1] ?? '', /^cnt1 +- +- +-$/);
  assert.match(lines[2] ?? '', /^cnt2 +- +- +-$/);
  assert.match(lines[3] ?? '', /^cnt3 +no good answer$/);
  await server.close();
});

test('a torn list of controllers is said, and the table of components stands', async ({ node }) => {
  node.write('/etc/stackseed/cluster.json', '');
  assert.match((await clusters(node)).join('\n'), /^the controllers cannot be asked: /);
});

test('status --json and the table of another host know nothing of clusters', ({ node }) => {
  assert.equal(Object.keys(JSON.parse(node.run(['status', '--json']).stdout)), [
    'host',
    'fleet',
    'instanceId',
    'ready',
    'components',
  ]);
  node.remove('/usr/local/lib/stackseed/py');
  assert.not.match(node.run(['status']).stdout, /CONTROLLER/);
});

test('waive is for controllers, and gets its arguments as they are', ({ node }) => {
  assert.equal(node.run(['waive', 'cnt3']), {
    status: 1,
    stdout: '',
    stderr: 'waive: this host is no controller, or its database has not been laid yet\n',
  });
  node.write('/usr/local/lib/stackseed/py/galera_waive.py', 'import sys\nprint(sys.argv[1:])\nsys.exit(3)\n');
  assert.equal(node.run(['waive', '--cluster', 'a b', 'cnt3']), {
    status: 3,
    stdout: "['--cluster', 'a b', 'cnt3']\n",
    stderr: '',
  });
});

test('what the database takes as waived, the message queue is told as well', ({ node }) => {
  const py = '/usr/local/lib/stackseed/py';
  const told = 'import sys\nopen(sys.argv[0] + ".told", "a").write(" ".join(sys.argv[1:]) + "\\n")\n';
  node.write(`${py}/galera_waive.py`, 'print("waived")\n');
  node.write(`${py}/rabbitmq_waive.py`, told);
  assert.is(node.run(['waive', 'memo', 'cnt3']).stdout, 'waived\n');
  assert.is(node.run(['waive', '--list']).status, 0);
  assert.is(node.read(`${py}/rabbitmq_waive.py.told`), 'memo cnt3\n');
  node.write(`${py}/galera_waive.py`, 'raise SystemExit(1)\n');
  assert.is(node.run(['waive', 'memo', 'cnt2']).status, 1);
  assert.is(node.read(`${py}/rabbitmq_waive.py.told`), 'memo cnt3\n');
});

test.run();
