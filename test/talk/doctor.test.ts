import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { pretendNode } from '../node/pretend.ts';
import { cluster, type Listening, listen, serve, type TalkHost, talkHost } from './hosts.ts';

/** cnt1 examines the fleet; cnt2 answers it and cnt3 does so too. */
interface Context {
  cnt1: TalkHost;
}

const test = suite<Context>('the doctor', {} as Context);
const PY = '/usr/local/lib/stackseed/py';
const components = join(root, 'cloud-config/components');

test.before.each((context) => {
  context.cnt1 = talkHost('cnt1');
});
test.after.each(({ cnt1 }) => cnt1.end());

/** Lays the Python modules of a component. */
function lay(host: TalkHost, component: string): void {
  cpSync(join(components, component, 'files', PY), join(host.root, PY), { recursive: true });
}

type Told = Record<string, Record<string, unknown> | 'unreadable' | null>;
interface Row {
  kind: string;
  service: string;
  how: string;
  problems: string[];
}

/** What Python prints as JSON of an expression about `view`, which is of three controllers that tell `told`. */
function judged<Value>(host: TalkHost, module: string, expression: string, told: Told = {}): Value {
  const addresses = { cnt1: '127.0.0.1', cnt2: '127.0.0.2', cnt3: '127.0.0.3' };
  const ran = host.python(
    `import json, doctor, ${module} as module
view = doctor.View(${JSON.stringify(host.root)}, 'cnt1', *json.loads(sys.argv[1]))
print(json.dumps(${expression}))`,
    JSON.stringify([addresses, told]),
  );
  assert.is(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

const member = {
  state: 'MEMBER',
  history: '1f0a22c4-aaaa',
  running: 'primary',
  synced: true,
  view: ['cnt1', 'cnt2', 'cnt3'],
};
const all = (section: string, value: object, others: Told = {}): Told => ({
  ...Object.fromEntries(['cnt1', 'cnt2', 'cnt3'].map((name) => [name, { [section]: value }])),
  ...others,
});

test('a database that all serve is well, and each way of not serving has its words', ({ cnt1 }) => {
  lay(cnt1, 'galera');
  const database = (told: Told) => judged<Row[]>(cnt1, 'doctor_galera', 'module.rows(view)', told)[0];
  assert.equal(database(all('galera', member)), {
    kind: 'shared',
    service: 'database',
    how: 'cnt1, cnt2, cnt3 are Synced in history 1f0a22c4',
    problems: [],
  });
  const wrong = (one: Told[string]) => database(all('galera', member, { cnt3: one }))?.problems;
  assert.equal(wrong(null), ['cnt3 is silent']);
  assert.equal(wrong('unreadable'), ['cnt3 gives no good answer']);
  assert.equal(wrong({ galera: null }), ['cnt3 says nothing of it']);
  assert.equal(wrong({ galera: { ...member, state: 'JOINING' } }), ['cnt3 is JOINING, not a member yet']);
  assert.equal(wrong({ galera: { ...member, running: 'no' } }), ['cnt3 does not run']);
  assert.equal(wrong({ galera: { ...member, running: 'nonprimary' } }), ['cnt3 sees no majority']);
  assert.equal(wrong({ galera: { ...member, synced: false } }), ['cnt3 is not Synced']);
  assert.equal(wrong({ galera: { ...member, view: ['cnt2', 'cnt3'] } }), ['cnt3 does not see cnt1']);
  assert.equal(wrong({ galera: { ...member, history: '77777777-b' } }), [
    'histories differ: 1f0a22c4 on cnt1, cnt2, 77777777 on cnt3',
  ]);
});

test('brokers that run together are well when their queues have all copies', ({ cnt1 }) => {
  for (const component of ['galera', 'rabbitmq']) lay(cnt1, component);
  cnt1.write('/etc/stackseed/rabbitmq.json', '{"queues": "quorum"}');
  const names = ['cnt1', 'cnt2', 'cnt3'];
  const broker = { state: 'MEMBER', running: 'yes', cluster: names, alive: names, room: true };
  const queue = (name: string, type: string, online: string[]) => ({ name, type, members: online, online });
  const queues = (told: Told, list: object[] | null, led: string | null = 'ok\n') => {
    const answers = [list && JSON.stringify(list), led].map((one) =>
      one === null ? 'None' : JSON.stringify(one),
    );
    return judged<Row[]>(
      cnt1,
      'doctor_rabbitmq',
      `[setattr(doctor, 'said', lambda command, seconds: [${answers.join(', ')}]['eval' in command])] and module.rows(view)`,
      told,
    )[0];
  };
  assert.equal(queues(all('rabbitmq', broker), [queue('a', 'quorum', names), queue('b', 'classic', [])]), {
    kind: 'shared',
    service: 'message queue',
    how: 'cnt1, cnt2, cnt3 are one cluster, 1 replicated queues have all copies',
    problems: [],
  });
  assert.equal(
    queues(all('rabbitmq', broker), [queue('a', 'quorum', ['cnt1', 'cnt2']), queue('b', 'quorum', names)])
      ?.problems,
    ['1 of 2 queues lack a copy, such as a'],
  );
  assert.equal(queues(all('rabbitmq', broker), null)?.problems, ['the queues cannot be listed']);
  assert.equal(queues(all('rabbitmq', broker), [], null)?.problems, ['nobody says who leads the queues']);
  assert.equal(queues(all('rabbitmq', broker), [], '%2F_b\n%2F_a\nok\n')?.problems, [
    'nobody leads 2 queues, such as a',
  ]);
  const wrong = (one: object) =>
    queues(all('rabbitmq', broker, { cnt2: { rabbitmq: { ...broker, ...one } } }), null)?.problems;
  assert.equal(wrong({ state: 'BLANK' }), ['cnt2 is BLANK, not a member yet']);
  assert.equal(wrong({ running: 'no' }), ['cnt2 does not run']);
  assert.equal(wrong({ running: 'paused' }), ['cnt2 is paused']);
  assert.equal(wrong({ alive: ['cnt2'], room: false }), [
    'cnt2 does not see cnt1, cnt3',
    'cnt2 has a full disk',
  ]);
  assert.equal(wrong({ cluster: [...names, 'cnt4'] }), ['cnt2 still knows cnt4']);
  assert.equal(
    judged(cnt1, 'doctor_rabbitmq', `module.mirrored_queues('a\\tha\\t[<x>, <y>]\\t[<x>]\\nb\\t\\t\\t\\n')`),
    { a: 2 },
  );
});

test('memcached is asked on every controller', async ({ cnt1 }) => {
  lay(cnt1, 'memcached');
  const talk = (text: string) => (socket: Socket) => {
    socket.on('data', () => socket.end(text));
    socket.resume();
  };
  const port = await listen(talk('VERSION 1.6\r\n'), '127.0.0.1');
  const other = await listen(talk('HTTP/1.0 400\r\n'), '127.0.0.2', port.port);
  const program = `import json, sys
sys.path.insert(0, ${JSON.stringify(join(cnt1.root, PY))})
import doctor, doctor_memcached
doctor_memcached.PORT = ${port.port}
view = doctor.View('', 'cnt1', {'cnt1': '127.0.0.1', 'cnt2': '127.0.0.2', 'cnt3': '127.0.0.3'}, {})
print(json.dumps(doctor_memcached.rows(view)[0]['problems']))
`;
  cnt1.write(`${PY}/try.py`, program);
  const ran = await cnt1.start('try.py');
  for (const server of [port, other]) await server.close();
  assert.is(ran.stdout, '["cnt2: something else answers", "cnt3: Connection refused"]\n', ran.stderr);
});

test('HAProxy runs everywhere, and the addresses are together on one host', ({ cnt1 }) => {
  lay(cnt1, 'pacemaker');
  const pacemaker = {
    quorate: true,
    dc: 'cnt1',
    generation: 3,
    online: ['cnt1', 'cnt2', 'cnt3'],
    haproxy: true,
  };
  const at = (first: boolean, second: boolean) => ({
    pacemaker: { ...pacemaker, vips: { '10.0.0.5': first, '10.1.0.5': second } },
  });
  const row = (told: Told) => judged<Row[]>(cnt1, 'doctor_pacemaker', 'module.rows(view)', told)[0];
  const good = { cnt1: at(false, false), cnt2: at(true, true), cnt3: at(false, false) };
  assert.equal(row(good), {
    kind: 'balancing',
    service: 'HAProxy',
    how: 'runs on cnt1, cnt2, cnt3; 10.0.0.5 10.1.0.5 on cnt2',
    problems: [],
  });
  assert.equal(row({ ...good, cnt1: at(true, false) })?.problems, ['10.0.0.5 is on cnt1 and cnt2']);
  assert.equal(row({ ...good, cnt2: at(true, false) })?.problems, ['10.1.0.5 is on no host']);
  assert.equal(row({ ...good, cnt1: at(true, false), cnt2: at(false, true) })?.problems, [
    'the virtual addresses are apart: 10.0.0.5 on cnt1, 10.1.0.5 on cnt2',
  ]);
  const wrong = (one: object) =>
    row({ ...good, cnt3: { pacemaker: { ...pacemaker, vips: { '10.0.0.5': false }, ...one } } })?.problems;
  assert.equal(wrong({ generation: null }), ['cnt3 has no Pacemaker that answers']);
  assert.equal(wrong({ quorate: false }), ['cnt3 sees no majority']);
  assert.equal(wrong({ online: ['cnt1', 'cnt3'] }), ['cnt3 does not see cnt2']);
  assert.equal(wrong({ haproxy: false }), ['cnt3 runs no HAProxy']);
  assert.equal(row(all('pacemaker', { ...pacemaker, vips: {}, haproxy: false })), {
    kind: 'balancing',
    service: 'HAProxy',
    how: 'runs on cnt1, cnt2, cnt3; the fleet has no virtual address',
    problems: [],
  });
});

const STATISTICS = [
  '# pxname,svname,qcur,status,',
  'stackseed-alive,FRONTEND,,OPEN,',
  'stackseed-database,cnt1,0,UP,',
  'stackseed-database,cnt2,0,UP 1/2,',
  'stackseed-database,BACKEND,0,UP,',
  'stackseed-keystone,cnt1,0,UP,',
  'stackseed-keystone,cnt2,0,DOWN 1/2,',
  'stackseed-glance,cnt1,0,DOWN,',
  'site,one,0,DOWN,',
  '',
].join('\n');

test('services behind the virtual addresses are those that HAProxy finds up', ({ cnt1 }) => {
  lay(cnt1, 'haproxy');
  const rows = (view: string) =>
    judged<Row[]>(cnt1, 'doctor_haproxy', `module.rows(${view})`, {
      cnt1: { pacemaker: { vips: { '10.0.0.5': true } } },
    });
  assert.equal(rows('view')[0]?.problems, ['HAProxy here does not say: No such file or directory']);
  const found = judged<Row[]>(
    cnt1,
    'doctor_haproxy',
    `[module.judge(name, servers) for name, servers in sorted(module.servers(${JSON.stringify(STATISTICS)}).items())]`,
  );
  assert.equal(
    found.map(({ kind, service, problems }) => [kind, service, problems]),
    [
      ['balancing', 'database behind HAProxy', []],
      ['api', 'glance behind HAProxy', ['cnt1: DOWN', 'clients are refused']],
      ['api', 'keystone behind HAProxy', ['cnt2: DOWN 1/2']],
    ],
  );
  assert.equal(
    judged<Row[]>(cnt1, 'doctor_haproxy', 'module.rows(view)', { cnt1: { pacemaker: { vips: {} } } }),
    [],
  );
});

test('HAProxy is asked by its own socket', async ({ cnt1 }) => {
  lay(cnt1, 'haproxy');
  const server = createServer((socket) => socket.once('data', () => socket.end(STATISTICS)));
  cnt1.write('/run/nothing', '');
  await new Promise<void>((resolve) => server.listen(join(cnt1.root, 'run/haproxy-stats.sock'), resolve));
  cnt1.write(
    `${PY}/try.py`,
    `import sys
sys.path.insert(0, ${JSON.stringify(join(cnt1.root, PY))})
import doctor, doctor_haproxy
view = doctor.View(${JSON.stringify(cnt1.root)}, 'cnt1', {}, {'cnt1': {'pacemaker': {'vips': {'a': True}}}})
print(len(doctor_haproxy.rows(view)))
`,
  );
  assert.is((await cnt1.start('try.py')).stdout, '3\n');
  server.close();
});

test('cinder-volume runs once, and can be taken over', ({ cnt1 }) => {
  lay(cnt1, 'cinder-volume');
  const names = '["cnt1", "cnt2", "cnt3"]';
  const row = (running: string, ready: string) =>
    judged<Row>(
      cnt1,
      'doctor_cinder_volume',
      `module.judge(${names}, module.runs_on(${JSON.stringify(running)}), module.able(${JSON.stringify(ready)}))`,
    );
  const ready = ['cnt1', 'cnt2', 'cnt3']
    .map((name) => `name="cinder-volume-ready" host="${name}" value="1"\n`)
    .join('');
  const on = (name: string) => `resource cinder-volume is running on: ${name} \n`;
  assert.equal(row(on('cnt2'), ready), {
    kind: 'process',
    service: 'cinder-volume',
    how: 'runs on cnt2 alone, all others could',
    problems: [],
  });
  assert.equal(row(on('cnt2') + on('cnt3'), ready).problems, ['runs on cnt2, cnt3']);
  assert.equal(
    row('resource cinder-volume is NOT running\n', ready.replace('value="1"', 'value="0"')).problems,
    ['runs on no host', 'cnt1 could not take it over'],
  );
});

test('central agents of Ceilometer all share the work out', ({ cnt1 }) => {
  for (const component of ['redis', 'ceilometer']) lay(cnt1, component);
  const problems = (count: number) =>
    judged<Row>(cnt1, 'doctor_ceilometer', `module.judge(${count}, 3)`).problems;
  assert.equal([problems(3), problems(2)], [[], ['2 of 3 share the work out']]);
  assert.match(
    judged<Row[]>(cnt1, 'doctor_ceilometer', 'module.rows(view)')[0]?.problems[0] ?? '',
    /^Redis does not answer: /,
  );
});

test('a line for each service, in the order of the table, and a status', async () => {
  const [cnt1, cnt2] = [talkHost('cnt1'), talkHost('cnt2')];
  const controllers = { cnt1: '127.0.0.1', cnt2: '127.0.0.2', cnt3: '127.0.0.3' };
  const at: Listening = await serve(cnt2, '127.0.0.2');
  cnt1.write('/etc/stackseed/cluster.json', cluster('cnt1', controllers, at.port));
  cnt2.write('/etc/stackseed/cluster.json', cluster('cnt2', controllers, at.port));
  lay(cnt1, 'galera');
  cnt1.section('galera', `return ${python({ ...member, view: ['cnt1', 'cnt2'] })}`);
  cnt2.section('galera', `return ${python(member)}`);
  cnt1.write(
    `${PY}/doctor_a.py`,
    'import doctor\ndef rows(view):\n    return [doctor.row("process", "agent", "all\\u00e9 \\n there", [])]\n',
  );
  cnt1.write(`${PY}/doctor_b.py`, 'def rows(view):\n    raise LookupError("x")\n');
  const ran = await cnt1.start('examine.py');
  assert.equal(ran.stdout.split('\n'), [
    'wrong  database  cnt3 is silent; cnt1 does not see cnt3',
    'well   agent     all    there',
    'wrong  b         cannot be looked at: LookupError: x',
    '',
  ]);
  assert.is(ran.status, 1);
  cnt1.write('/etc/stackseed/cluster.json', '');
  assert.match((await cnt1.start('examine.py')).stdout, /^wrong {2}the controllers cannot be asked: /);
  await at.close();
  for (const host of [cnt1, cnt2]) host.end();
});

test('stackseed-node doctor is for controllers', () => {
  const node = pretendNode();
  const ran = node.run(['doctor']);
  assert.is(ran.status, 2);
  assert.match(ran.stderr, /this host is no controller/);
  node.write(`${PY}/examine.py`, 'print("well   all")\nraise SystemExit(1)\n');
  assert.equal(node.run(['doctor']), { status: 1, stdout: 'well   all\n', stderr: '' });
  assert.match(node.run(['doctor', 'now']).stderr, /doctor takes no arguments/);
  node.end();
});

test('what the doctor has for each row is named as its component is', () => {
  for (const component of readdirSync(components)) {
    const found = spawnSync('find', [join(components, component), '-name', 'doctor_*.py'], {
      encoding: 'utf8',
    });
    for (const path of found.stdout.split('\n').filter(Boolean))
      assert.ok(path.endsWith(`/doctor_${component.replaceAll('-', '_')}.py`), path);
  }
});

/** A value as Python writes it. */
function python(value: object): string {
  return JSON.stringify(value)
    .replace(/\btrue\b/g, 'True')
    .replace(/\bfalse\b/g, 'False')
    .replace(/\bnull\b/g, 'None');
}

test.run();
