import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../needs.ts';
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

/** A server that says no twice, then yes; gives what it was told the last time. */
async function listening(): Promise<{
  port: number;
  told: Promise<[IncomingMessage, string]>;
  close(): void;
}> {
  let calls = 0;
  let tell: (told: [IncomingMessage, string]) => void = () => undefined;
  const told = new Promise<[IncomingMessage, string]>((resolve) => {
    tell = resolve;
  });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      calls += 1;
      response.writeHead(calls < 3 ? 503 : 204).end();
      if (calls === 3) tell([request, body]);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, told, close: () => server.close() };
}

needs(test, 'curl')('a real curl tells a real server, and goes on while that says no', async ({ node }) => {
  const server = await listening();
  const env = `STACKSEED_HOST='cnt1'\nSTACKSEED_FLEET='memo'\nSTACKSEED_PHONE_HOME_URL='http://127.0.0.1:${server.port}/ready'\n`;
  node.lay({ one: { converge: script('') } }, { '/etc/stackseed/node.env': env });
  node.run(['converge', 'one']);
  const engine = node.start(['phone-home']);
  const [status] = await once(engine, 'exit');
  assert.is(status, 0);
  const [request, body] = await server.told;
  server.close();
  assert.is(`${request.method} ${request.url}`, 'POST /ready');
  assert.is(request.headers.authorization, `Bearer ${token}`);
  assert.is(request.headers['content-type'], 'application/json');
  assert.is(JSON.parse(body).host, 'cnt1');
  assert.is(node.read('/var/lib/stackseed/phoned-home'), 'i-one');
});

test.run();
