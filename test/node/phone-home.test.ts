import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, script, until } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const token = 'c0ffee'.repeat(10);
const url = 'https://home.example/ready?host="cnt1"';

const test = suite<Context>('phone home', {} as Context);
test.before.each((context) => {
  context.node = pretendNode({ STACKSEED_PHONE_HOME_URL: url });
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
  context.node.write('/etc/stackseed/phone-home.token', `${token}\n`, 0o600);
  context.node.lay({ one: { converge: script('') } });
});
test.after.each(({ node }) => node.end());

/** curl that keeps what it read from stdin and the body, and fails as often as /failures has lines. */
const curl = `
cat >"$ROOT/config"
for word in "$@"; do case $word in @*) cp "\${word#@}" "$ROOT/body" ;; esac; done
[ ! -s "$ROOT/failures" ] || { sed -i '$d' "$ROOT/failures"; echo 'curl: (7) refused' >&2; exit 7; }`;

test('readiness starts the unit, convergence does not wait for it', ({ node }) => {
  node.run(['converge', 'one']);
  assert.equal(node.calls('systemctl'), ['systemctl start --no-block stackseed-phone-home.service']);
});

test('without a URL nothing is started or called', ({ node }) => {
  node.stub('curl', curl);
  node.lay({ one: { converge: script('') } }, { '/etc/stackseed/node.env': "STACKSEED_PHONE_HOME_URL=''\n" });
  node.run(['converge', 'one']);
  assert.is(node.run(['phone-home']).status, 0);
  assert.equal(node.calls('systemctl'), []);
  assert.equal(node.calls('curl'), []);
});

test('the token and the URL reach curl by stdin, never in argv', ({ node }) => {
  node.stub('curl', curl);
  node.run(['converge', 'one']);
  assert.is(node.run(['phone-home']).status, 0);
  assert.is(
    node.read('/config'),
    `url = "https://home.example/ready?host=\\"cnt1\\""\nheader = "Authorization: Bearer ${token}"\n`,
  );
  const [call = '', ...more] = node.calls('curl');
  assert.equal(more, []);
  assert.not.match(call, token);
  assert.not.match(call, 'home.example');
  assert.match(call, '--request POST');
});

test('tells host, fleet, instance-id and components', ({ node }) => {
  node.stub('curl', curl);
  node.run(['converge', 'one']);
  node.run(['phone-home']);
  const told = JSON.parse(node.read('/body'));
  assert.is(told.host, 'cnt1');
  assert.is(told.fleet, 'memo');
  assert.is(told.instanceId, 'i-one');
  assert.is(told.ready, true);
  assert.is(told.components[0].name, 'one');
});

test('tries until the answer is yes, then never again for this instance-id', ({ node }) => {
  node.stub('curl', curl);
  node.write('/failures', 'x\nx\nx\n');
  node.run(['converge', 'one']);
  const ran = node.run(['phone-home']);
  assert.is(ran.status, 0);
  assert.is(node.calls('curl').length, 4);
  assert.match(ran.stderr, /curl: \(7\) refused/);
  assert.not.match(ran.stderr, token);
  node.run(['phone-home']);
  assert.is(node.calls('curl').length, 4);
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  node.run(['phone-home']);
  assert.is(node.calls('curl').length, 5);
});

test('a host that is not ready does not call', ({ node }) => {
  node.stub('curl', curl);
  assert.is(node.run(['phone-home']).status, 0);
  assert.equal(node.calls('curl'), []);
});

test('a host that stops being ready stops calling', async ({ node }) => {
  node.stub('curl', curl);
  node.write('/failures', 'x\n'.repeat(1000));
  node.run(['converge', 'one']);
  const calling = node.start(['phone-home']);
  const ended = new Promise((resolve) => calling.on('exit', resolve));
  await until('two calls', () => node.calls('curl').length >= 2);
  node.remove('/run/stackseed/ready');
  assert.is(await ended, 0);
});

test.run();
