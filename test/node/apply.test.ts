import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, script, seed } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('apply', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
  context.node.lay({ one: { converge: script('') }, two: { converge: script('') }, three: {} });
});
test.after.each(({ node }) => node.end());

const active = (node: PretendNode, name: string, state: string) =>
  node.write(`/stub/active/stackseed@${name}.service`, `ActiveState=${state}\n`);

test('apply restarts what has converged and wakes what is in its loop', ({ node }) => {
  active(node, 'one', 'active');
  active(node, 'two', 'activating');
  const ran = node.run(['apply']);
  assert.is(ran.status, 0);
  assert.match(ran.stdout, /stackseed-node wait/);
  assert.equal(
    node.calls('systemctl').filter((call) => !call.includes('ActiveState')),
    [
      'systemctl daemon-reload',
      'systemctl kill --kill-who=main --signal=HUP stackseed@two.service',
      'systemctl start --no-block stackseed.target',
      'systemctl restart --no-block stackseed@one.service stackseed@three.service',
    ],
  );
});

/** A node that was healthy, after a boot. */
function booted(node: PretendNode): void {
  node.lay(
    { one: { converge: script('') }, two: { converge: script('') }, three: {} },
    { [`${seed}/resume.list`]: 'two\nthree\n' },
  );
  for (const name of ['one', 'two', 'three']) node.run(['converge', name]);
  node.remove('/run/stackseed');
  node.write('/run/cloud-init/instance-data.json', '{}');
}

function resumed(node: PretendNode): string[] {
  node.write('/stub/calls', '');
  assert.equal(node.run(['resume']), { status: 0, stdout: '', stderr: '' });
  return node.calls('systemctl').filter((call) => call.startsWith('systemctl start'));
}

test('what resumes starts without its order at the boots after all were healthy', ({ node }) => {
  booted(node);
  assert.equal(resumed(node), [
    'systemctl start --no-block --job-mode=ignore-dependencies stackseed@two.service stackseed@three.service',
  ]);
});

const unsure: Record<string, (node: PretendNode) => void> = {
  'the drive has another seed': (node) => node.write('/var/lib/cloud/data/instance-id', 'i-two\n'),
  'cloud-init has not found a seed yet': (node) => node.remove('/run/cloud-init/instance-data.json'),
  'not all were healthy with this seed': (node) => node.write('/var/lib/stackseed/converged', 'other\n'),
  'the seed is torn': (node) => node.write(`${seed}/seed.list`, ''),
};
for (const [name, make] of Object.entries(unsure)) {
  test(`nothing resumes when ${name}`, ({ node }) => {
    booted(node);
    make(node);
    assert.equal(resumed(node), []);
  });
}

test('a host is not ready between apply and the end of it', ({ node }) => {
  for (const name of ['one', 'two', 'three']) node.run(['converge', name]);
  assert.ok(node.has('/run/stackseed/ready'));
  node.run(['apply']);
  assert.not(node.has('/run/stackseed/ready'));
  assert.match(node.run(['status']).stdout, /one +waiting +\S+ +for its turn in apply/);
});

test('apply --wait ends when all are healthy', ({ node }) => {
  node.stub(
    'systemctl',
    `case "$*" in
      restart*) for name in one two three; do bash "$ROOT/usr/local/sbin/stackseed-node" converge "$name"; done ;;
      show*) echo ActiveState=inactive ;;
    esac`,
  );
  assert.is(node.run(['apply', '--wait', '--timeout', '10']).status, 0);
});

test('apply --wait gives up after its time', ({ node }) => {
  assert.is(node.run(['apply', '--wait', '--timeout', '1']).status, 1);
});

test('apply lays the seed over what was changed by hand', ({ node }) => {
  for (const name of ['one', 'two', 'three']) node.run(['converge', name]);
  const text = node.read(`${seed}/components/one/converge.sh`);
  node.write(`${seed}/components/one/converge.sh`, 'exit 1\n');
  node.stub('cloud-init', `cat >"$ROOT${seed}/components/one/converge.sh" <<'END'\n${text}END\n`);
  assert.is(node.run(['apply']).status, 0);
  assert.is(node.read(`${seed}/components/one/converge.sh`), text);
  assert.is(node.read('/var/lib/stackseed/laid'), 'i-one\n');
});

test('apply refuses a seed that is not whole', ({ node }) => {
  node.write(`${seed}/components/one/converge.sh`, '');
  const ran = node.run(['apply']);
  assert.is(ran.status, 1);
  assert.match(ran.stderr, /waiting for the whole seed: 1 of \d+ files missing or torn/);
  assert.equal(node.calls('systemctl restart'), []);
  assert.not(node.has('/var/lib/stackseed/laid'));
});

test('the timer starts what stopped and leaves alone what is under way', ({ node }) => {
  active(node, 'one', 'activating');
  active(node, 'two', 'failed');
  assert.is(node.run(['recheck']).status, 0);
  assert.equal(
    node.calls('systemctl').filter((call) => !call.includes('ActiveState')),
    [
      'systemctl start --no-block stackseed@two.service',
      'systemctl start --no-block stackseed@three.service',
    ],
  );
});

test('the timer has an unhealthy component converge again, and only that one', ({ node }) => {
  node.lay({ one: { health: script('[ ! -e "$ROOT/broken" ] || { echo gone; exit 1; }') }, two: {} });
  for (const name of ['one', 'two']) {
    node.run(['converge', name]);
    active(node, name, 'active');
  }
  node.run(['recheck']);
  assert.equal(node.calls('systemctl restart'), []);
  assert.ok(node.has('/run/stackseed/ready'));
  node.write('/broken', '');
  node.run(['recheck']);
  assert.equal(node.calls('systemctl restart'), ['systemctl restart --no-block stackseed@one.service']);
  assert.not(node.has('/run/stackseed/ready'));
  assert.is(node.state('one')['reason'], 'to converge again: gone');
  assert.is(node.state('two')['state'], 'healthy');
});

test.run();
