import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { convergeUntil, type PretendNode, pretendNode, script, until } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('status', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
});
test.after.each(({ node }) => node.end());

const health = 'echo "up, 2 sources"; [ ! -e "$ROOT/broken" ] || { echo "chronyd is not active"; exit 1; }';

function twoHealthy(node: PretendNode): void {
  node.lay({
    'time-of-day': { converge: script(''), health: script(health) },
    users: { converge: script('') },
  });
  node.run(['converge', 'time-of-day']);
  node.run(['converge', 'users']);
}

test('before the seed is laid', ({ node }) => {
  const ran = node.run(['status']);
  assert.is(ran.status, 1);
  assert.match(
    ran.stdout,
    /The seed is not laid: \/var\/lib\/stackseed\/seed\/components\.list is missing\./,
  );
});

test('before anything has started', ({ node }) => {
  node.lay({ one: { converge: script('') } });
  const ran = node.run(['status']);
  assert.is(ran.status, 1);
  assert.match(ran.stdout, /\none +waiting +- +not started yet\n/);
});

test('the table of a healthy host', ({ node }) => {
  twoHealthy(node);
  const ran = node.run(['status'], { PATH: `${node.root}/stub/bin:${process.env['PATH']}` });
  assert.is(ran.status, 0);
  const table = ran.stdout.replaceAll(/ \d+s /g, ' 0s ');
  assert.is(
    table,
    [
      'cnt1 of fleet memo: 2 of 2 components healthy',
      'COMPONENT    STATE           FOR  REASON',
      'time-of-day  healthy          0s  up, 2 sources',
      'users        healthy          0s  ',
      '',
    ].join('\n'),
  );
});

test('health is asked live: a service that died shows as unhealthy', ({ node }) => {
  twoHealthy(node);
  assert.ok(node.has('/run/stackseed/ready'));
  node.write('/broken', '');
  // Its first line is what counts.
  node.lay({
    'time-of-day': { converge: script(''), health: script('echo "chronyd is not active"; exit 1') },
    users: { converge: script('') },
  });
  const ran = node.run(['status']);
  assert.is(ran.status, 1);
  assert.match(ran.stdout, /time-of-day +unhealthy +\S+ +chronyd is not active\n/);
  assert.match(ran.stdout, /1 of 2 components healthy/);
});

test('health that hangs does not hang status', ({ node }) => {
  node.lay({ one: { health: script('[ ! -e "$ROOT/hang" ] || sleep 60') } });
  node.run(['converge', 'one']);
  node.write('/hang', '');
  const began = Date.now();
  const ran = node.run(['status'], { STACKSEED_HEALTH_TIMEOUT: '0.3' });
  assert.ok(Date.now() - began < 15_000);
  assert.match(ran.stdout, /unhealthy .*gave no answer in 0\.3 s/);
});

test('JSON that any reader takes, whatever a reason holds', ({ node }) => {
  node.lay({ one: { converge: script(''), health: script(`printf '%s\\n' 'a "b" \\c \ttab é'`) } });
  node.run(['converge', 'one']);
  const ran = node.run(['status', '--json']);
  assert.is(ran.status, 0);
  const told = JSON.parse(ran.stdout);
  assert.is(told.components[0].reason, 'a "b" \\c  tab   ');
  assert.type(told.components[0].since, 'number');
  delete told.components[0].since;
  assert.equal(told, {
    host: 'cnt1',
    fleet: 'memo',
    instanceId: 'i-one',
    ready: true,
    components: [{ name: 'one', state: 'healthy', attempts: 1, reason: 'a "b" \\c  tab   ' }],
  });
});

test('JSON of a component that has not started', ({ node }) => {
  node.lay({ one: { converge: script('') } });
  const ran = node.run(['status', '--json']);
  assert.is(ran.status, 1);
  assert.equal(JSON.parse(ran.stdout).components, [
    { name: 'one', state: 'waiting', since: null, attempts: 0, reason: 'not started yet' },
  ]);
});

test('--quiet says it by the exit status alone', ({ node }) => {
  twoHealthy(node);
  const ran = node.run(['status', '--quiet']);
  assert.equal(ran, { status: 0, stdout: '', stderr: '' });
});

const ages: [number, string][] = [
  [5, '5s'],
  [65, '1m05s'],
  [7260, '2h01m'],
  [90_000, '1d01h'],
];
for (const [seconds, text] of ages) {
  test(`${seconds} s is shown as ${text}`, ({ node }) => {
    node.lay({ one: {} });
    node.write('/run/stackseed/components/one', 'state=waiting\nsince=1000\nreason=for cnt2\nattempts=3\n');
    node.stub('date', `echo ${1000 + seconds}`);
    assert.match(node.run(['status']).stdout, new RegExp(`one +waiting +${text}  for cnt2\\n`));
  });
}

test('a clock that was set meanwhile does not make an age longer than the machine is up', ({ node }) => {
  node.lay({ one: {} });
  node.write('/proc/uptime', '30.00 1.00\n');
  node.write('/run/stackseed/components/one', 'state=waiting\nsince=10\nreason=for cnt2\nattempts=3\n');
  assert.match(node.run(['status']).stdout, /one +waiting +30s {2}for cnt2\n/);
});

test('a step under way shows what it logged last', async ({ node }) => {
  node.lay({ one: { converge: script('log installing chrony\ntouch "$ROOT/began"\nsleep 5') } });
  const engine = node.start(['converge', 'one']);
  await until('the step', () => node.has('/began'));
  assert.match(node.run(['status']).stdout, /one +converging +\S+ +installing chrony\n/);
  process.kill(-(engine.pid ?? 0), 'SIGKILL');
});

test('wait returns when the host is ready', ({ node }) => {
  twoHealthy(node);
  assert.is(node.run(['wait', '--timeout', '5']).status, 0);
});

test('wait gives up after its time, with the table', ({ node }) => {
  node.lay({ one: { converge: script('') } });
  const ran = node.run(['wait', '--timeout', '1']);
  assert.is(ran.status, 1);
  assert.match(ran.stdout, /one +waiting/);
});

test('health NAME', ({ node }) => {
  twoHealthy(node);
  assert.equal(node.run(['health', 'time-of-day']), { status: 0, stdout: 'up, 2 sources\n', stderr: '' });
  assert.is(node.run(['health', 'users']).stdout, 'healthy\n');
  assert.is(node.run(['health', 'other']).status, 2);
});

test('a host is not ready any more when a component is not', async ({ node }) => {
  node.lay({ one: { converge: script('[ ! -e "$ROOT/broken" ] || waiting for repair') } });
  node.run(['converge', 'one']);
  assert.ok(node.has('/run/stackseed/ready'));
  node.write('/broken', '');
  await convergeUntil(node, 'one', 'waiting');
  assert.not(node.has('/run/stackseed/ready'));
});

const wrong = [
  [],
  ['bogus'],
  ['status', '--xml'],
  ['wait', '--timeout', 'soon'],
  ['wait', 'x'],
  ['converge'],
];
for (const args of wrong) {
  test(`usage: ${args.join(' ') || 'no verb'}`, ({ node }) => {
    const ran = node.run(args);
    assert.is(ran.status, 2);
    assert.match(ran.stderr, /^stackseed-node: .*\nUsage: stackseed-node VERB\n/);
    assert.is(ran.stdout, '');
  });
}

test('usage of apply, which has its own', ({ node }) => {
  const ran = node.run(['apply', '-x']);
  assert.is(ran.status, 2);
  assert.match(
    ran.stderr,
    /^usage: stackseed-node apply \[SOURCE [\s\S]*\nstackseed-node apply: error: .*-x\n$/,
  );
  assert.is(ran.stdout, '');
});

test('--help', ({ node }) => {
  const ran = node.run(['--help']);
  assert.is(ran.status, 0);
  assert.match(ran.stdout, /^Usage: /);
});

test.run();
