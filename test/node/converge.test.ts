import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, script, seed, until } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('converge', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
});
test.after.each(({ node }) => node.end());

/** Succeeds at the third attempt; the first two do `body`. */
const thirdTime = (body: string) =>
  script(`echo x >>"$ROOT/attempts"; [ "$(wc -l <"$ROOT/attempts")" -ge 3 ] || { ${body}; }`);

test('fails twice, then is healthy with what health.sh says', ({ node }) => {
  node.lay({ one: { converge: thirdTime('false'), health: script('echo "all is well"') } });
  const ran = node.run(['converge', 'one']);
  assert.is(ran.status, 0);
  const { state, reason, attempts } = node.state('one');
  assert.equal({ state, reason, attempts }, { state: 'healthy', reason: 'all is well', attempts: '3' });
  assert.match(ran.stderr, /one is failed: converge\.sh line 5: status 1 from: false\n/);
});

test('waits for health as well', ({ node }) => {
  node.lay({ one: { converge: script(''), health: thirdTime('echo not yet; exit 1') } });
  const ran = node.run(['converge', 'one']);
  assert.match(ran.stderr, /one is waiting: not yet\n/);
  assert.is(node.state('one')['state'], 'healthy');
});

const outcomes: Record<
  string,
  { scripts: { converge?: string; health?: string }; state: string; reason: string }
> = {
  'waiting says for what': {
    scripts: { converge: script('waiting for "cnt2 and cnt3"') },
    state: 'waiting',
    reason: 'for cnt2 and cnt3',
  },
  'waiting in a subshell counts': {
    scripts: { converge: script('peer=$(waiting for cnt2)\necho "$peer"') },
    state: 'waiting',
    reason: 'for cnt2',
  },
  'halt is for the operator': {
    scripts: { converge: script('halt "two histories"') },
    state: 'halted',
    reason: 'two histories',
  },
  'a failure shows what was logged last': {
    scripts: { converge: script('log "no good"\nexit 3') },
    state: 'failed',
    reason: 'no good',
  },
  'a failure without a word shows its status': {
    scripts: { converge: script('exit 3') },
    state: 'failed',
    reason: 'converge.sh ended with status 3',
  },
  'a failure in a function shows the line': {
    scripts: { converge: script('f() {\n  ls /none/such\n}\nf') },
    state: 'failed',
    reason: 'converge.sh line 6: status 2 from: ls /none/such',
  },
  'a broken script shows its status': {
    scripts: { converge: 'if\n' },
    state: 'failed',
    reason: 'converge.sh ended with status 2',
  },
  'health that halts': {
    scripts: { converge: script(''), health: script('halt "disk is gone"') },
    state: 'halted',
    reason: 'disk is gone',
  },
  'health without a word': {
    scripts: { converge: script(''), health: 'exit 1\n' },
    state: 'waiting',
    reason: 'health.sh ended with status 1',
  },
  'health that hangs': {
    scripts: { converge: script(''), health: 'sleep 9\n' },
    state: 'waiting',
    reason: 'health.sh gave no answer in 0.2 s',
  },
  'control characters and length do not get into the state': {
    scripts: { converge: script(`waiting "$(printf 'a\\nstate=healthy\\033[31m%0400d' 0)"`) },
    state: 'waiting',
    reason: `a state=healthy [31m${'0'.repeat(280)}`,
  },
};
for (const [name, { scripts, state, reason }] of Object.entries(outcomes)) {
  test(name, async ({ node }) => {
    node.lay({ one: scripts });
    const engine = node.start(['converge', 'one'], { STACKSEED_HEALTH_TIMEOUT: '0.2' });
    await until(
      `${state} of one`,
      () => node.has('/run/stackseed/components/one') && node.state('one')['state'] === state,
    );
    assert.is(node.state('one')['reason'], reason);
    assert.not(node.has('/run/stackseed/ready'));
    process.kill(-(engine.pid ?? 0), 'SIGKILL');
  });
}

test('since stands still while state and reason do, attempts go on', async ({ node }) => {
  node.lay({ one: { converge: script('waiting for cnt2') } });
  // A clock that goes on by a minute each time it is read.
  node.stub('date', 'echo x >>"$ROOT/ticks"; echo $((1000 + 60 * $(wc -l <"$ROOT/ticks")))');
  const engine = node.start(['converge', 'one']);
  await until(
    'two attempts',
    () => node.has('/run/stackseed/components/one') && node.state('one')['attempts'] === '2',
  );
  const first = node.state('one');
  await until('six attempts', () => Number(node.state('one')['attempts']) >= 6);
  process.kill(-(engine.pid ?? 0), 'SIGKILL');
  assert.is(first['state'], 'waiting');
  assert.is(node.state('one')['since'], first['since']);
});

test('the pause doubles up to its limit, and a HUP ends it', async ({ node }) => {
  node.lay({ one: { converge: script('waiting for cnt2') } });
  const engine = node.start(['converge', 'one'], {
    STACKSEED_BACKOFF_FIRST: '600000',
    STACKSEED_BACKOFF_MAX: '600000',
  });
  await until(
    'the first attempt',
    () => node.has('/run/stackseed/components/one') && node.state('one')['state'] === 'waiting',
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.is(node.state('one')['attempts'], '1');
  process.kill(engine.pid ?? 0, 'SIGHUP');
  await until('the second attempt', () => node.state('one')['attempts'] === '2');
  process.kill(-(engine.pid ?? 0), 'SIGKILL');
});

test('a HUP during an attempt is not lost', async ({ node }) => {
  node.lay({ one: { converge: script('touch "$ROOT/began"; sleep 0.3; waiting for cnt2') } });
  const engine = node.start(['converge', 'one'], {
    STACKSEED_BACKOFF_FIRST: '600000',
    STACKSEED_BACKOFF_MAX: '600000',
  });
  await until('the step', () => node.has('/began'));
  process.kill(engine.pid ?? 0, 'SIGHUP');
  await until('the second attempt', () => node.state('one')['attempts'] === '2');
  process.kill(-(engine.pid ?? 0), 'SIGKILL');
});

test('pauses follow 1, 2, 4 … 60 s, a quarter more or less', ({ node }) => {
  node.stub(
    'sleep',
    'printf "%s\\n" "$1" >>"$ROOT/slept"; [ "$(wc -l <"$ROOT/slept")" -lt 9 ] || kill -9 $PPID',
  );
  node.lay({ one: { converge: script('waiting for cnt2') } });
  node.run(['converge', 'one'], { STACKSEED_BACKOFF_FIRST: '', STACKSEED_BACKOFF_MAX: '' });
  const slept = node.read('/slept').trim().split('\n').map(Number);
  const wanted = [1, 2, 4, 8, 16, 32, 60, 60, 60];
  assert.is(slept.length, wanted.length);
  for (const [at, seconds] of wanted.entries()) {
    const pause = slept[at] ?? 0;
    assert.ok(pause >= seconds * 0.75 && pause <= seconds * 1.251, `pause ${at} was ${pause} s`);
  }
});

test('told to stop, it lets the step under way end', async ({ node }) => {
  node.lay({
    one: { converge: script('touch "$ROOT/began"; sleep 0.3; touch "$ROOT/ended"; waiting for ever') },
  });
  const engine = node.start(['converge', 'one']);
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    engine.on('exit', (_, signal) => resolve(signal)),
  );
  await until('the step', () => node.has('/began'));
  process.kill(engine.pid ?? 0, 'SIGTERM');
  assert.is(await ended, 'SIGTERM');
  assert.ok(node.has('/ended'));
});

test('two runs of one component do not overlap', async ({ node }) => {
  node.lay({
    one: { converge: script('mkdir "$ROOT/inside"; sleep 0.2; rmdir "$ROOT/inside"; echo x >>"$ROOT/runs"') },
  });
  const runs = [1, 2, 3].map(() => node.start(['converge', 'one']));
  await Promise.all(runs.map((run) => new Promise((resolve) => run.on('exit', resolve))));
  assert.is(node.read('/runs'), 'x\nx\nx\n');
  assert.is(node.state('one')['attempts'], '1');
});

test('a daemon left by a script does not hold the lock', ({ node }) => {
  node.lay({ one: { converge: script('sleep 5 >/dev/null 2>&1 & disown') } });
  node.run(['converge', 'one']);
  const began = Date.now();
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.ok(Date.now() - began < 4000);
});

test('a seed that comes during an attempt is converged as well', ({ node }) => {
  const newer = `
    [ -e "$ROOT/once" ] && exit 0
    touch "$ROOT/once"
    printf 'extra\\n' >"$ROOT${seed}/extra"
    list=$(sed '$d' "$ROOT${seed}/seed.list"; printf '%s  ${seed}/extra' "$(printf 'extra\\n' | sha256sum | cut -c 1-64)")
    printf '%s\\n# end %s\\n' "$list" "$(wc -l <<<"$list")" >"$ROOT${seed}/seed.list"
    exit 0`;
  node.lay({ one: { converge: script(newer) } });
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.state('one')['attempts'], '2');
});

test('a name that the host does not have ends at once', ({ node }) => {
  node.lay({ one: {} });
  const ran = node.run(['converge', 'two']);
  assert.is(ran.status, 2);
  assert.match(ran.stderr, /two is not a component of this host/);
  assert.not(node.has('/run/stackseed/components/two'));
});

for (const name of ['../etc', 'a/b', '', '-x', 'A b']) {
  test(`"${name}" is refused as a name`, ({ node }) => {
    node.lay({ one: {} });
    assert.is(node.run(['converge', name]).status, 2);
  });
}

test.run();
