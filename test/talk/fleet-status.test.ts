import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stackseed } from '../cli/command.ts';
import { layComponents, type TalkFleet, talkFleet } from './fleet.ts';
import { listen, type TalkHost } from './hosts.ts';

interface Context {
  fleet: TalkFleet;
}

const test = suite<Context>('stackseed status', {} as Context);
test.before.each(async (context) => {
  context.fleet = await talkFleet(['cnt1', 'cnt2', 'cnt3'], ['cm1']);
  for (const host of context.fleet.hosts.values())
    layComponents(host, ['identity healthy cnt1', 'galera healthy serving']);
});
test.after.each(({ fleet }) => fleet.end());

const on = ({ hosts }: TalkFleet, name: string): TalkHost => {
  const host = hosts.get(name);
  if (!host) throw new Error(name);
  return host;
};

const ask = ({ inventory }: TalkFleet, ...args: string[]) => stackseed(['status', '-i', inventory, ...args]);

/** Ages differ from run to run. */
const still = (text: string) => text.replaceAll(/ 1m0[5-9]s/g, ' 1m05s');

test('a healthy fleet: exit status 0, a line a host', async ({ fleet }) => {
  const ran = await ask(fleet);
  assert.is(ran.stderr, '');
  assert.is(
    still(ran.stdout),
    [
      'fleet memo: 4 of 4 hosts healthy',
      'HOST  WELL  COMPONENT  STATE    FOR    REASON',
      'cnt1  2/2              healthy  1m05s',
      'cnt2  2/2              healthy  1m05s',
      'cnt3  2/2              healthy  1m05s',
      'cm1   2/2              healthy  1m05s',
      '',
      'CONTROLLER  GALERA  RABBITMQ  PACEMAKER',
      'cnt1        -       -         -',
      'cnt2        -       -         -',
      'cnt3        -       -         -',
      '',
    ].join('\n'),
  );
  assert.is(ran.status, 0);
});

test('who waits, for whom and how long; who is silent; and the clusters', async ({ fleet }) => {
  layComponents(on(fleet, 'cnt1'), [
    'identity healthy x',
    'galera waiting for cnt3, which is silent',
    'redis failed x',
  ]);
  await fleet.silence('cnt3');
  await fleet.silence('cm1');
  const rubbish = await listen((socket) => socket.end('SSH-2.0\r\n'), fleet.address('cm1'), 9199);
  on(fleet, 'cnt1').section(
    'galera',
    'return {"state": "BLANK", "running": "no", "promise": {"to": "cnt2"}, "list": "aa", "history": None}',
  );
  on(fleet, 'cnt2').section(
    'galera',
    'return {"state": "MEMBER", "history": "1f0a22c4-1", "position": 7, "running": "primary", "synced": True, "list": "bb"}',
  );
  on(fleet, 'cnt1').section(
    'pacemaker',
    'return {"quorate": True, "dc": "cnt2", "vips": {"10.0.0.5": False}}',
  );
  on(fleet, 'cnt2').section(
    'pacemaker',
    'return {"quorate": True, "dc": "cnt2", "vips": {"10.0.0.5": True}}',
  );
  on(fleet, 'cnt2').section(
    'rabbitmq',
    'return {"state": "MEMBER", "running": "yes", "cluster": ["a", "b"], "alive": ["a"]}',
  );
  const ran = await ask(fleet);
  await rubbish.close();
  assert.is(
    still(ran.stdout).replaceAll(/ \ds {5}/g, ' 0s     '),
    [
      'fleet memo: 1 of 4 hosts healthy',
      'HOST  WELL  COMPONENT  STATE       FOR    REASON',
      'cnt1  1/3   galera     waiting     1m05s  for cnt3, which is silent',
      '            redis      failed      1m05s  x',
      'cnt2  2/2              healthy     1m05s',
      'cnt3  -                silent      0s     connection refused',
      'cm1   -                unreadable  0s     its answer broke off',
      '',
      'CONTROLLER  GALERA                         RABBITMQ                PACEMAKER',
      'cnt1        BLANK, stopped, promised cnt2  -                       quorate, DC cnt2',
      'cnt2        MEMBER 1f0a22c4:7, synced      MEMBER, 1 of 2 running  quorate, DC cnt2',
      'cnt3        silent',
      '10.0.0.5 is on cnt2',
      'they go by different lists of controllers: aa on cnt1, bb on cnt2',
      '',
    ].join('\n'),
  );
  assert.is(ran.status, 1);
});

test('--host shows all components of that host, and asks no other', async ({ fleet }) => {
  const ran = await ask(fleet, '--host', 'cnt2');
  assert.is(ran.status, 0);
  const lines = still(ran.stdout).split('\n');
  assert.equal(lines.slice(0, 4), [
    'fleet memo: 1 of 1 hosts healthy',
    'HOST  WELL  COMPONENT  STATE    FOR    REASON',
    'cnt2  2/2   identity   healthy  1m05s  cnt1',
    '            galera     healthy  1m05s  serving',
  ]);
  assert.is((await ask(fleet, '--host', 'cnt9')).status, 1);
});

test('--json is one document with all of it', async ({ fleet }) => {
  await fleet.silence('cm1');
  on(fleet, 'cnt1').section(
    'pacemaker',
    'return {"quorate": True, "dc": "cnt1", "vips": {"10.0.0.5": True}}',
  );
  const ran = await ask(fleet, '--json');
  assert.is(ran.status, 1);
  const document = JSON.parse(ran.stdout);
  assert.is(document.healthy, false);
  assert.equal(document.vips, { '10.0.0.5': ['cnt1'] });
  const [cnt1, , , cm1] = document.hosts;
  assert.is(cnt1.boot, 'boot-of-cnt1');
  assert.equal(
    { ...cnt1.components[1], for: 0 },
    { name: 'galera', state: 'healthy', attempts: 3, reason: 'serving', for: 0 },
  );
  assert.is(cnt1.galera, null);
  assert.equal(
    { answer: cm1.answer, why: cm1.why, healthy: cm1.healthy },
    { answer: 'silent', why: 'connection refused', healthy: false },
  );
});

test('a host with the key of other secrets is not believed', async ({ fleet }) => {
  on(fleet, 'cnt2').write('/etc/stackseed/report.key', 'f'.repeat(64));
  const ran = await ask(fleet, '--host', 'cnt2');
  assert.match(ran.stdout, /cnt2 +- +unreadable +\S+ +it does not know the key of these secrets\n/);
  assert.is(ran.status, 1);
});

test('two hosts whose addresses are swapped are not believed', async ({ fleet }) => {
  on(fleet, 'cnt2').write('/etc/stackseed/report.json', '{"host": "cnt3"}');
  assert.match((await ask(fleet, '--host', 'cnt2')).stdout, /cnt2 +- +unreadable/);
});

test('a host whose seed is not laid yet is not healthy', async ({ fleet }) => {
  on(fleet, 'cnt2').write('/var/lib/stackseed/seed/components.list', '');
  const ran = await ask(fleet, '--host', 'cnt2');
  assert.match(ran.stdout, /cnt2 +0\/0 +waiting +- +its seed is not laid\n/);
  assert.is(ran.status, 1);
});

test('a reason cannot move the cursor', async ({ fleet }) => {
  on(fleet, 'cnt1').section('galera', 'return {"state": "\\x1b[2J", "running": "\\u202e"}');
  const ran = await ask(fleet, '--host', 'cnt1');
  assert.not.match(ran.stdout, /[^\n -~]/);
  assert.match(ran.stdout, /u\{1b\}/);
});

test('a host that hangs is given up after --timeout, and costs the others nothing', async ({ fleet }) => {
  await fleet.silence('cm1');
  const hanging = await listen(() => {}, fleet.address('cm1'), 9199);
  const began = Date.now();
  const ran = await ask(fleet, '--timeout', '1');
  assert.ok(Date.now() - began < 10_000);
  assert.match(ran.stdout, /cm1 +- +unreadable +\S+ +no answer in 1 s\n/);
  await hanging.close();
});

test('--watch goes on until it is interrupted, and counts how long a host has been silent', async ({
  fleet,
}) => {
  const interrupt = new AbortController();
  const texts: string[] = [];
  const { run } = await import('../../src/cli/run.ts');
  const running = run(['status', '--watch', '-i', fleet.inventory], {
    stdout: { write: (text: string) => texts.push(text), isTTY: true, columns: 80 },
    stderr: { write: () => {} },
    env: {},
    cwd: process.cwd(),
    signal: interrupt.signal,
  });
  const rounds = async (number: number) => {
    const end = Date.now() + 30_000;
    while (texts.length < number && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await rounds(1);
  await fleet.silence('cm1');
  await rounds(3);
  interrupt.abort();
  assert.is(await running, 130);
  assert.ok(texts.every((text) => text.startsWith('\u001b[H\u001b[2J')));
  assert.match(texts[0] ?? '', /4 of 4 hosts healthy/);
  assert.match(texts[2] ?? '', /cm1 +- +silent +[2-9]s +connection refused/);
});

for (const wrong of [['--timeout', 'soon'], ['--timeout', '0'], ['cnt1'], ['--xml']])
  test(`usage: ${wrong.join(' ')}`, async ({ fleet }) => {
    assert.is((await ask(fleet, ...wrong)).status, 2);
  });

test.run();
