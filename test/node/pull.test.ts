import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeCertificate, type Secrets } from '../../src/secrets/index.ts';
import { knownSecrets } from '../fixtures.ts';
import { readWhole } from '../secrets/sample.ts';
import { type PretendNode, shipped } from './pretend.ts';
import { removeFolders, seedOf, temporaryFolder, third } from './signed-seed.ts';

/** What this host asked a controller for. */
interface Asked {
  act: string;
  token: string;
  seconds: number;
}

interface Context {
  node: PretendNode;
  /** The folder with what is published; empty: nothing. */
  published: string;
  asked: Asked[];
  /** Why the controller gives no turn; empty: it does. */
  refusal: string;
  servers: (Server | HttpsServer)[];
}

const [TOKEN, KEY] = ['f'.repeat(64), 'k'.repeat(64)];
const TURN = '0123456789abcdef0123456789abcdef';

let secrets: Secrets;

const test = suite<Context>('pull', {} as Context);
test.before(async () => {
  secrets = await readWhole(await knownSecrets(temporaryFolder()));
});
test.before.each(async (context) => {
  Object.assign(context, { node: third(), published: '', asked: [], refusal: '', servers: [] });
  const { node } = context;
  node.write('/etc/stackseed/pull.crt', secrets.ca.certificate);
  node.write('/etc/stackseed/pull-turn.key', `${KEY}\n`);
  for (const module of [
    'pull/files/usr/local/lib/stackseed/py/pull.py',
    ...['frames', 'exchange'].map(reported),
  ])
    node.write(`/${module.slice(module.indexOf('usr/'))}`, shipped(module));
  // Here nobody calls it by bash.
  const engine = '/usr/local/sbin/stackseed-node';
  node.write(engine, node.read(engine), 0o755);
  const base = `https://127.0.0.1:${await listen(context, web(context))}/memo`;
  // The first is of before a rotation.
  const urls = ['e'.repeat(64), TOKEN].map((token) => `${base}/${token}`);
  const port = await listen(context, controller(context));
  const controllers = [{ name: 'cnt2', address: '127.0.0.1' }];
  const told = { host: 'cnt1', fleet: 'memo', urls, interval: 0, patience: 1800, port, controllers };
  node.write('/etc/stackseed/pull.json', JSON.stringify(told));
});
test.after.each(({ node, servers }) => {
  for (const server of servers) server.close();
  node.end();
});
test.after(removeFolders);

const reported = (module: string) => `report/files/usr/local/lib/stackseed/py/${module}.py`;

async function listen({ servers }: Context, server: Server | HttpsServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Any web server with a certificate of the fleet's authority. */
function web(context: Context): HttpsServer {
  const { certificate, key } = makeCertificate(secrets, 'web', {
    host: 'web',
    names: [],
    addresses: ['127.0.0.1'],
  });
  return createHttps({ cert: certificate, key: key.reveal() }, (request, response) => {
    const [, place, token, file = ''] = (request.url ?? '').split('/');
    if (place !== 'memo' || token !== TOKEN || context.published === '') response.writeHead(404).end();
    else response.end(readFileSync(join(context.published, file)));
  });
}

/** A controller that gives turns as its database would have it. */
function controller(context: Context): Server {
  const sign = (kind: string, line: string) =>
    createHmac('sha256', KEY).update(`stackseed ${kind} 1\n${line}`).digest('hex');
  return createServer((socket) => {
    let got = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      got += bytes;
      const [line = '', signature, rest] = got.split('\n');
      if (rest === undefined) return;
      assert.is(signature, sign('request', line));
      const { nonce, to, from, want } = JSON.parse(line);
      assert.is(from, 'cnt1');
      context.asked.push(want);
      const turn = context.refusal
        ? { verdict: 'wait', token: '', why: context.refusal }
        : { verdict: 'go', token: TURN, why: '' };
      const answer = JSON.stringify({ v: 1, nonce, host: to, boot: '', sections: { turn } });
      socket.end(`${answer}\n${sign('answer', answer)}\n`);
    });
  });
}

/** What a look says in the end. */
async function look({ node }: Context): Promise<string> {
  const { status, stderr } = await node.execBeside([
    'python3',
    '-I',
    '-B',
    join(node.root, 'usr/local/lib/stackseed/py/pull.py'),
  ]);
  assert.is(status, 0, stderr);
  return node.read('/run/stackseed/pull').trimEnd();
}

const acts = ({ asked }: Context): string[] => asked.map(({ act }) => act);

/** The engine's loop, which a pretend node does not have. */
function converge({ node }: Context): void {
  assert.is(node.run(['converge', 'one']).status, 0);
}

test('a newer seed is taken in its turn, and the turn ends when the host is healthy with it', async (context) => {
  const { node } = context;
  context.published = seedOf('new\n');
  assert.is(await look(context), 'generation 4 was taken; this host is not healthy yet');
  assert.equal(acts(context), ['claim', 'begin']);
  assert.equal(context.asked[1], { act: 'begin', token: TURN, seconds: 1820 });
  assert.is(node.read('/var/lib/stackseed/generation'), '4\n');
  converge(context);
  assert.is(node.read('/etc/one.conf'), 'new\n');
  assert.is(await look(context), 'generation 4 is the newest');
  assert.equal(acts(context), ['claim', 'begin', 'done']);
  assert.is(await look(context), 'generation 4 is the newest');
  assert.is(context.asked.length, 3);
  assert.not(node.has('/var/lib/stackseed/pull.json'));
});

test('without its turn a host takes nothing', async (context) => {
  context.published = seedOf('new\n');
  context.refusal = 'it is the turn of cnt3';
  assert.is(await look(context), 'waits for its turn: cnt2: it is the turn of cnt3');
  assert.not(context.node.has('/var/lib/stackseed/taken'));
  assert.not(context.node.has('/var/lib/stackseed/pull.json'));
});

test('no turn is asked for where nothing is newer, or what is there is not of this fleet', async (context) => {
  context.published = seedOf('old\n', { generation: 3 });
  assert.is(await look(context), 'generation 3 is the newest');
  context.published = seedOf('new\n', { fleet: 'other' });
  assert.match(await look(context), 'that is a seed of fleet other');
  context.published = seedOf('new\n', {}, (tree) => {
    tree.set('user-data', { content: '#cloud-config\n', mode: '0600' });
  });
  assert.match(await look(context), 'user-data is not what was signed');
  assert.equal(context.asked, []);
});

test('a server that is away, or shows a certificate of nobody known, costs nothing but a line', async (context) => {
  context.node.write('/etc/stackseed/pull.crt', '');
  assert.match(await look(context), /^seed\.sums: curl: \(\d+\) /);
  context.servers[0]?.close();
  assert.match(await look(context), /^seed\.sums: curl: \(\d+\) /);
  assert.not.match(context.node.read('/run/stackseed/pull'), TOKEN);
});

test('a host that does not become healthy keeps its turn, and a newer seed is the way out', async (context) => {
  const { node } = context;
  const patience = (seconds: number) => {
    const told = JSON.parse(node.read('/etc/stackseed/pull.json'));
    node.write('/etc/stackseed/pull.json', JSON.stringify({ ...told, patience: seconds }));
  };
  patience(-1);
  context.published = seedOf('new\n');
  assert.match(await look(context), 'generation 4: this host is not healthy with it, so no other host takes');
  assert.equal(acts(context), ['claim', 'begin', 'failed']);
  assert.match(await look(context), 'not healthy with it');
  assert.is(context.asked.length, 3);
  patience(1800);
  context.published = seedOf('newer\n', { generation: 5 });
  assert.match(await look(context), 'generation 5 was taken');
  assert.equal(acts(context).slice(3), ['claim', 'begin']);
  assert.is(context.asked[3]?.token, TURN);
  converge(context);
  assert.is(await look(context), 'generation 5 is the newest');
  assert.is(acts(context).at(-1), 'done');
});

test('a power cut between the turn and the seed is made good at the next look', async (context) => {
  const { node } = context;
  node.write('/var/lib/stackseed/pull.json', JSON.stringify({ generation: 4, token: TURN, since: 1 }));
  context.published = seedOf('new\n');
  assert.match(await look(context), 'generation 4');
  assert.equal(acts(context).slice(0, 2), ['claim', 'begin']);
  assert.is(node.read('/var/lib/stackseed/generation'), '4\n');
});

test('a turn for what is published no more is given back', async (context) => {
  context.node.write(
    '/var/lib/stackseed/pull.json',
    JSON.stringify({ generation: 9, token: TURN, since: 1 }),
  );
  context.published = seedOf('old\n', { generation: 3 });
  assert.is(await look(context), 'generation 3 is the newest, 9 is published no more');
  assert.equal(acts(context), ['done']);
});

test('a turn that an operator took away is forgotten', async (context) => {
  const { node } = context;
  node.write('/var/lib/stackseed/generation', '4\n');
  node.write('/var/lib/stackseed/pull.json', JSON.stringify({ generation: 4, token: TURN, since: 1 }));
  node.remove('/run/stackseed/ready');
  context.published = seedOf('new\n');
  context.refusal = 'it is not the turn of cnt1 any more';
  assert.match(await look(context), 'it is not the turn of cnt1 any more');
  assert.not(node.has('/var/lib/stackseed/pull.json'));
});

test('stackseed-node pull looks at once, and says where it cannot', ({ node }) => {
  assert.is(node.run(['pull']).status, 0);
  assert.ok(node.calls('systemctl').includes('systemctl start --no-block stackseed-pull.service'));
  const list = node.run(['pull', '--list']);
  assert.is(list.status, 1);
  assert.match(list.stderr, 'it has not the role pull-controller');
  assert.is(node.run(['pull', '--free']).status, 2);
});

test.run();
