import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  cluster,
  hmac,
  type Listening,
  listen,
  peersKey,
  serve,
  signed,
  type TalkHost,
  talkHost,
} from './hosts.ts';

/** cnt1 asks; cnt2 answers as it should; cnt3 is at 127.0.0.3, where the test puts what it likes. */
interface Context {
  cnt1: TalkHost;
  cnt2: TalkHost;
  at: Listening;
}

const test = suite<Context>('ask', {} as Context);
const controllers = { cnt1: '127.0.0.1', cnt2: '127.0.0.2', cnt3: '127.0.0.3' };

test.before.each(async (context) => {
  const [cnt1, cnt2] = [talkHost('cnt1'), talkHost('cnt2')];
  const at = await serve(cnt2, '127.0.0.2');
  for (const host of [cnt1, cnt2])
    host.write('/etc/stackseed/cluster.json', cluster(host.name, controllers, at.port));
  Object.assign(context, { cnt1, cnt2, at });
});
test.after.each(async ({ cnt1, cnt2, at }) => {
  await at.close();
  cnt1.end();
  cnt2.end();
});

type Found = Record<
  string,
  null | 'unreadable' | { answer: Record<string, unknown>; boot: string; host: string }
>;

/** Runs ask.py apart, so that the servers of the test go on. */
async function ask(
  host: TalkHost,
  ...args: string[]
): Promise<{ found: Found; stderr: string; took: number }> {
  const began = Date.now();
  const ran = await host.start('ask.py', ...args);
  if (ran.status !== 0) throw new Error(ran.stderr);
  return { found: JSON.parse(ran.stdout), stderr: ran.stderr, took: Date.now() - began };
}

/** What cnt3 sends for a request, or nothing more than the connection. */
async function impostor(
  port: number,
  reply: (asked: Record<string, unknown>, socket: Socket) => string | Buffer | undefined,
) {
  return listen(
    (socket) => {
      let got = '';
      socket.on('data', (text) => {
        got += text;
        if (got.split('\n').length < 3) return;
        const bytes = reply(JSON.parse(got.slice(0, got.indexOf('\n'))), socket);
        if (bytes !== undefined) socket.end(bytes);
      });
      socket.resume();
    },
    '127.0.0.3',
    port,
  );
}

const answerOf = (asked: Record<string, unknown>, change: Record<string, unknown> = {}) => ({
  v: 1,
  nonce: asked['nonce'],
  host: 'cnt3',
  cluster: 'memo',
  boot: 'b3',
  time: 0,
  sections: { galera: { state: 'BLANK' } },
  ...change,
});

test('who answers well, and who is silent', async ({ cnt1, cnt2 }) => {
  cnt2.section('galera', 'return {"state": "MEMBER"}');
  const { found } = await ask(cnt1, '--sections', 'galera', '--state', 'BLANK');
  assert.equal(found, {
    cnt2: { answer: { galera: { state: 'MEMBER' } }, boot: 'boot-of-cnt2', host: 'cnt2' },
    cnt3: null,
  });
  assert.is(cnt2.read('/run/stackseed/asked/cnt1'), 'BLANK');
});

test('only some are asked, and who is not a controller is not', async ({ cnt1 }) => {
  assert.equal((await ask(cnt1, '--sections', '', 'cnt3', 'cnt9', 'cnt1')).found, { cnt3: null });
});

test('those of before are asked too, at the addresses that they had', async ({ cnt1, cnt2, at }) => {
  const before = { name: 'cnt4', address: '127.0.0.4' };
  const wrong = { name: 'cnt2', address: '127.0.0.9' };
  cnt1.write(
    '/etc/stackseed/cluster.json',
    cluster('cnt1', { cnt1: '127.0.0.1', cnt2: '127.0.0.2' }, at.port, { ever: [wrong, before] }),
  );
  const { found } = await ask(cnt1, '--sections', '');
  assert.equal(Object.keys(found), ['cnt2', 'cnt4']);
  assert.type(found['cnt2'], 'object');
  assert.ok(cnt2.root);
});

test('an answer whose clock is wrong by decades is good', async ({ cnt1, at }) => {
  const server = await impostor(at.port, (asked) => signed('answer', peersKey, answerOf(asked)));
  const { found } = await ask(cnt1, '--sections', 'galera');
  assert.equal(found['cnt3'], { answer: { galera: { state: 'BLANK' } }, boot: 'b3', host: 'cnt3' });
  await server.close();
});

test('an answer that comes in pieces is good', async ({ cnt1, at }) => {
  const server = await impostor(at.port, (asked, socket) => {
    socket.setNoDelay();
    const bytes = signed('answer', peersKey, answerOf(asked));
    const next = (place: number) => {
      if (place >= bytes.length) return void socket.end();
      socket.write(bytes.slice(place, place + 7));
      setTimeout(next, 2, place + 7);
    };
    next(0);
    return undefined;
  });
  const { found } = await ask(cnt1, '--sections', 'galera');
  assert.type(found['cnt3'], 'object');
  await server.close();
});

const otherNonce = { nonce: '0'.repeat(32) };
type Reply = Parameters<typeof impostor>[1];
const badAnswers: [string, Reply, RegExp][] = [
  [
    'a recorded answer',
    (asked) => signed('answer', peersKey, answerOf(asked, otherNonce)),
    /cnt3: it answers another request/,
  ],
  [
    'the answer of another host',
    (asked) => signed('answer', peersKey, answerOf(asked, { host: 'cnt2' })),
    /from another host/,
  ],
  [
    'the answer of another cluster',
    (asked) => signed('answer', peersKey, answerOf(asked, { cluster: 'other' })),
    /of the cluster other/,
  ],
  [
    'an answer of no cluster',
    (asked) => signed('answer', peersKey, answerOf(asked, { cluster: null })),
    /of the cluster None/,
  ],
  ['a foreign key', (asked) => signed('answer', 'f'.repeat(64), answerOf(asked)), /signature/],
  ['no signature', (asked) => `${JSON.stringify(answerOf(asked))}\n\n`, /not two lines/],
  ['the request itself', (asked) => signed('request', peersKey, asked), /signature/],
  [
    'a signature and then more',
    (asked) => `${signed('answer', peersKey, answerOf(asked))}more`,
    /not two lines/,
  ],
  [
    'sections as a list',
    (asked) => signed('answer', peersKey, answerOf(asked, { sections: [] })),
    /parts of the answer/,
  ],
  [
    'a section as text',
    (asked) => signed('answer', peersKey, answerOf(asked, { sections: { galera: 'MEMBER' } })),
    /not a section: galera/,
  ],
  [
    'no boot id',
    (asked) => signed('answer', peersKey, answerOf(asked, { boot: null })),
    /parts of the answer/,
  ],
  [
    'a key twice',
    (asked) => signed('answer', peersKey, JSON.stringify(answerOf(asked)).replace('{', '{"host":"cnt3",')),
    /not JSON/,
  ],
  [
    'invalid UTF-8',
    () => {
      const line = Buffer.from('{"v":1,"x":"\xff"}', 'latin1');
      return Buffer.concat([line, Buffer.from(`\n${hmac('answer', peersKey, line)}\n`)]);
    },
    /not JSON/,
  ],
  ['a banner', () => 'SSH-2.0-OpenSSH_9.2\r\n', /ended after 21 bytes/],
  ['nothing, and the end', () => '', /ended after 0 bytes/],
  ['half an answer', (asked) => JSON.stringify(answerOf(asked)).slice(0, 40), /ended after 40 bytes/],
  ['one line without end', () => 'x'.repeat(200_000), /too long/],
];
for (const [what, reply, why] of badAnswers) {
  test(`unreadable: ${what}`, async ({ cnt1, at }) => {
    const server = await impostor(at.port, reply);
    const { found, stderr } = await ask(cnt1, '--sections', 'galera', 'cnt3');
    assert.equal(found, { cnt3: 'unreadable' });
    assert.match(stderr, why);
    assert.not.match(stderr, /Traceback/);
    await server.close();
  });
}

test('a host that takes the connection and says nothing is unreadable, in time', async ({ cnt1, at }) => {
  const server = await impostor(at.port, () => undefined);
  const { found, took } = await ask(cnt1, '--timeout', '1');
  assert.is(found['cnt3'], 'unreadable');
  assert.type(found['cnt2'], 'object');
  assert.ok(took < 6000, `${took} ms`);
  await server.close();
});

test('a host that drips without end is unreadable, in time', async ({ cnt1, at }) => {
  const server = await impostor(at.port, (_, socket) => {
    const drip = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => clearInterval(drip));
    return undefined;
  });
  const { found, took } = await ask(cnt1, '--timeout', '1', 'cnt3');
  assert.equal(found, { cnt3: 'unreadable' });
  assert.ok(took < 6000, `${took} ms`);
  await server.close();
});

test('a host with the next seed and one with the seed before read each other', async ({ cnt1, cnt2 }) => {
  const [next, third] = ['b'.repeat(64), 'c'.repeat(64)];
  for (const [asking, asked] of [
    [[peersKey, next], [peersKey]],
    [[peersKey], [peersKey, next]],
    [
      [next, third],
      [peersKey, next],
    ],
  ] as const) {
    cnt1.write('/etc/stackseed/peers.key', `${asking.join('\n')}\n`);
    cnt2.write('/etc/stackseed/peers.key', `${asked.join('\n')}\n`);
    const { cnt2: answer } = (await ask(cnt1, 'cnt2')).found;
    assert.is(typeof answer === 'object' && answer?.host, 'cnt2');
  }
});

test('every host gets a nonce of its own, new each time', async ({ cnt1, at }) => {
  const nonces: unknown[] = [];
  const server = await impostor(at.port, (asked) => {
    nonces.push(asked['nonce']);
    return '';
  });
  await ask(cnt1, 'cnt3');
  await ask(cnt1, 'cnt3');
  assert.is(new Set(nonces).size, 2);
  assert.ok(nonces.every((nonce) => /^[0-9a-f]{32}$/.test(String(nonce))));
  await server.close();
});

test('without its own key or list a host asks nobody, and says why', ({ cnt1 }) => {
  cnt1.write('/etc/stackseed/peers.key', '');
  assert.equal(cnt1.run('ask.py'), { status: 1, stdout: '', stderr: 'no key in /etc/stackseed/peers.key\n' });
  assert.equal(cnt1.run('ask.py', '--check'), {
    status: 1,
    stdout: 'no key in /etc/stackseed/peers.key\n',
    stderr: '',
  });
  cnt1.write('/etc/stackseed/peers.key', peersKey);
  assert.equal(cnt1.run('ask.py', '--check'), { status: 0, stdout: '', stderr: '' });
  cnt1.write('/etc/stackseed/cluster.json', '{"id"');
  const why = 'no list of controllers in /etc/stackseed/cluster.json\n';
  assert.equal(cnt1.run('ask.py'), { status: 1, stdout: '', stderr: why });
  assert.equal(cnt1.run('ask.py', '--check'), { status: 1, stdout: why, stderr: '' });
});

test('in words', async ({ cnt1, at }) => {
  assert.is((await cnt1.start('ask.py', '--words')).stdout, 'reads cnt2, silent: cnt3\n');
  const server = await impostor(at.port, () => 'x');
  assert.is((await cnt1.start('ask.py', '--words')).stdout, 'reads cnt2, no good answer from cnt3\n');
  await server.close();
  cnt1.write('/etc/stackseed/cluster.json', cluster('cnt1', { cnt1: '127.0.0.1' }, at.port));
  assert.is(cnt1.run('ask.py', '--words').stdout, 'no other controller\n');
});

test('a host asks itself, as the operator would', async ({ cnt2, at }) => {
  const own = ['cnt2', at.address, String(at.port)];
  assert.equal(await cnt2.start('exchange.py', ...own), {
    status: 0,
    stdout: `answers on 127.0.0.2 port ${at.port}\n`,
    stderr: '',
  });
  cnt2.write('/etc/stackseed/report.json', '{"host": "cnt9"}');
  assert.match((await cnt2.start('exchange.py', ...own)).stdout, /^no good answer on 127\.0\.0\.2 port /);
  assert.match((await cnt2.start('exchange.py', 'cnt2', '127.0.0.1', '1')).stdout, /^nobody listens on /);
});

test('rest ends at once when somebody tells another state, else after its time', ({ cnt1 }) => {
  cnt1.write('/run/stackseed/asked/cnt2', 'BLANK');
  cnt1.write('/run/stackseed/asked/.cnt2.17', 'half');
  const ran = cnt1.python(`
import ask, os, threading, time
root = os.environ['ROOT']
before = ask.asked(root)
assert before == {'cnt2': 'BLANK'}, before
began = time.monotonic()
assert ask.rest(root, before, 0.4) is False
assert 0.25 < time.monotonic() - began < 5
threading.Timer(0.2, lambda: open(root + '/run/stackseed/asked/cnt3', 'w').write('MEMBER')).start()
assert ask.rest(root, before, 30) is True
assert time.monotonic() - began < 10
assert ask.rest(root, {}, 30) is True
print('well')
`);
  assert.equal(ran, { status: 0, stdout: 'well\n', stderr: '' });
});

test('durable.write: the file is on the disk before it has its name, and the name before it returns', ({
  cnt1,
}) => {
  const ran = cnt1.python(`
import durable, os
done = []
def noting(name, real):
    def call(*args):
        what = os.readlink('/proc/self/fd/%d' % args[0]) if name == 'fsync' else args[0]
        done.append((name, os.path.basename(what)))
        return real(*args)
    return call
os.fsync = noting('fsync', os.fsync)
os.rename = noting('rename', os.rename)
folder = os.environ['ROOT'] + '/kept'
os.mkdir(folder)
path = folder + '/state.json'
# A leftover of a run that was cut off is no obstacle, whatever its mode and length.
open(folder + '/.state.json.new', 'w').write('x' * 1000)
os.chmod(folder + '/.state.json.new', 0o666)
os.umask(0o077)
assert durable.read_json(path) is None
durable.write(path, '{"a": 1}')
assert done == [('fsync', '.state.json.new'), ('rename', '.state.json.new'), ('fsync', 'kept')], done
assert durable.read_json(path) == {'a': 1}
assert os.stat(path).st_mode & 0o777 == 0o600
durable.write(path, 'torn', 0o644)
assert os.stat(path).st_mode & 0o777 == 0o644
assert os.listdir(folder) == ['state.json']
try:
    durable.read_json(path)
    assert False
except ValueError:
    print('well')
`);
  assert.equal(ran, { status: 0, stdout: 'well\n', stderr: '' });
});

test.run();
