import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deriveSecret, readSecrets } from '../../src/secrets/index.ts';
import { type TalkFleet, talkFleet } from '../talk/fleet.ts';
import {
  get,
  layTree,
  MACS,
  raw,
  type Standing,
  standing,
  statusOf,
  TOKENS,
  until,
  writeArms,
} from './standing.ts';

interface Context {
  fleet: TalkFleet;
  server: Standing;
}

const test = suite<Context>('the boot server', {} as Context);
test.before.each(async (context) => {
  context.fleet = await talkFleet(['cnt1', 'cnt2', 'cnt3'], ['cm1']);
  context.server = await standing(context.fleet.folder);
});
test.after.each(async ({ fleet, server }) => {
  await server.stop();
  await fleet.end();
});

const post = (url: string, body: string | undefined, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers, ...(body !== undefined && { body }) });

const stateOf = async ({ url }: Standing, name: string) => {
  const { hosts } = (await (await fetch(`${url}/_/state.json`)).json()) as {
    hosts: Record<string, unknown>[];
  };
  return hosts.find((host) => host['name'] === name);
};

test('files, whole and in part, with the header spelt as GRUB compares it', async ({ server }) => {
  const whole = await get(server.port, '/images/debian-12/linux');
  assert.match(whole, /\r\nContent-Length: 24\r\n/);
  assert.match(whole, /\r\n\r\na kernel of some length\n$/);
  const part = await get(server.port, '//images/debian-12/linux', 'Range: bytes=2-7');
  assert.match(part, /^HTTP\/1\.1 206 /);
  assert.match(part, /\r\nContent-Range: bytes 2-7\/24\r\n/);
  assert.match(part, /\r\nContent-Length: 6\r\n/);
  assert.match(part, /\r\n\r\nkernel$/);
  assert.is(statusOf(await get(server.port, '/images/debian-12/linux', 'Range: bytes=24-')), 416);
  const tag = /\r\nETag: (\S+)\r\n/.exec(whole)?.[1];
  assert.is(
    statusOf(await get(server.port, '/images/debian-12/linux', 'Range: bytes=2-', `If-Range: ${tag}`)),
    206,
  );
  assert.is(
    statusOf(await get(server.port, '/images/debian-12/linux', 'Range: bytes=2-', 'If-Range: "x"')),
    200,
  );
  const head = await raw(server.port, 'HEAD /images/debian-12/linux HTTP/1.0\r\n\r\n');
  assert.match(head, /Content-Length: 24/);
  assert.match(head, /\r\n\r\n$/);
});

test('nothing is served from outside of the tree, and no folder', async ({ server }) => {
  symlinkSync('/etc/passwd', join(server.tree, 'www/link'));
  symlinkSync('images', join(server.tree, 'www/alias'));
  for (const [target, status] of [
    ['/link', 404],
    ['/alias/debian-12/linux', 200],
    ['/images', 404],
    ['/images/', 404],
    ['/.hidden', 400],
    ['/../secret-outside', 400],
    ['/images/../../secret-outside', 400],
    ['/%2e%2e/arms.json', 400],
    ['/images/%2e%2e/%2e%2e/arms.json', 400],
    ['/_/../images/debian-12/linux', 400],
    ['/_/nothing', 404],
  ] as const)
    assert.is(statusOf(await get(server.port, target)), status, target);
});

test('other methods are refused', async ({ server }) => {
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const told = await raw(
      server.port,
      `${method} /images/debian-12/linux HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assert.is(statusOf(told), 405, method);
    assert.match(told, /Allow: GET, HEAD/);
  }
  assert.is((await post(`${server.url}/images/debian-12/linux`, 'x')).status, 405);
});

test("a host's files want its token", async ({ server }) => {
  const { cnt1 = '' } = TOKENS;
  assert.is(await (await fetch(`${server.url}/t/${cnt1}/preseed.cfg`)).text(), 'preseed of cnt1\n');
  for (const token of ['b'.repeat(32), cnt1.slice(1), `${cnt1}0`, '~', cnt1.toUpperCase()])
    assert.is((await fetch(`${server.url}/t/${token}/preseed.cfg`)).status, 404, token);
  assert.is((await fetch(`${server.url}/t/${cnt1}/`)).status, 404);
  assert.is((await fetch(`${server.url}/t/`)).status, 404);
});

test('the installer has finished: disarmed before it is told so, and asking twice does no harm', async ({
  server,
}) => {
  const url = `${server.url}/t/${TOKENS['cnt1']}`;
  assert.is((await post(`${server.url}/t/${'0'.repeat(32)}/finished`, '')).status, 404);
  assert.is((await post(`${url}/finished`, '')).status, 204);
  assert.equal(
    JSON.parse(readFileSync(join(server.tree, 'arms.json'), 'utf8')).map(
      ({ host }: { host: string }) => host,
    ),
    ['cm1'],
  );
  for (const path of [
    `www/t/${TOKENS['cnt1']}`,
    `www/hosts/${MACS['cnt1']}.cfg`,
    'tftp/pxelinux.cfg/01-52-54-00-00-00-10',
  ])
    assert.not(existsSync(join(server.tree, path)), path);
  assert.ok(existsSync(join(server.tree, `www/hosts/${MACS['cm1']}.cfg`)));
  assert.is((await fetch(`${url}/preseed.cfg`)).status, 404);
  assert.is((await post(`${url}/finished`, '')).status, 204);
});

test('a machine is followed from its boot loader to its first boot, over a restart', async (context) => {
  const { fleet, server } = context;
  for (const name of ['cnt1', 'cm1']) await fleet.silence(name);
  const stage = async (name: string) => (await stateOf(context.server, name))?.['stage'];
  await until(async () => (await stage('cm1')) === 'not seen');
  await fetch(`${server.url}/hosts/${MACS['cm1']}.cfg`);
  assert.is(await stage('cm1'), 'boot loader');
  await fetch(`${server.url}/images/debian-12/linux`);
  assert.is(await stage('cm1'), 'loads the installer');
  await fetch(`${server.url}/t/${TOKENS['cm1']}/preseed.cfg`);
  assert.is(await stage('cm1'), 'installer');
  const url = `${server.url}/t/${TOKENS['cm1']}`;
  await post(`${url}/line`, `URL:${url}/late.sh [3866/3866]\npartman: <b>formatting</b>\n`);
  await post(`${url}/finished`, '');
  assert.is(await stage('cm1'), 'installed');
  const before = await stateOf(server, 'cm1');
  await server.stop();
  context.server = await standing(fleet.folder, { tree: server.tree });
  const after = await stateOf(context.server, 'cm1');
  assert.equal(after, before);
  assert.match(JSON.stringify(after), /partman: <b>formatting/);
  // Installers log what they fetch: what opens it is neither shown nor kept.
  assert.match(JSON.stringify(after), /\/t\/\.\.\.\/late\.sh \[3866/);
  const kept = readFileSync(join(server.state, 'happenings.jsonl'), 'utf8');
  assert.is(
    [...Object.values(TOKENS)].some((token) => kept.includes(token)),
    false,
  );
  assert.is((await fetch(`${context.server.url}/hosts/${MACS['cm1']}.cfg`)).status, 404);
  assert.is(await stage('cm1'), 'boots its disk');
});

test('arming later is noticed, and a torn arms.json keeps what was armed', async ({ server }) => {
  const token = 'd'.repeat(32);
  const arms = [{ host: 'cnt2', macs: ['52:54:00:00:00:11'], token, since: '2026-01-01T00:00:00Z' }];
  writeArms(server.tree, arms);
  await until(async () => (await stateOf(server, 'cnt2'))?.['armed'] === true);
  assert.is((await stateOf(server, 'cnt1'))?.['armed'], false);
});

test('a host phones home with its token; with that of another, or none, it is not believed', async ({
  fleet,
  server,
}) => {
  await fleet.silence('cnt1');
  const { secrets } = await readSecrets(join(fleet.folder, 'secrets.yaml'), {});
  if (!secrets) throw new Error('no secrets');
  const tell = (host: string, of: string) => {
    const token = deriveSecret(secrets, 'phone-home', { host: of, format: 'hex' }).reveal();
    return post(`${server.url}/phone-home`, JSON.stringify({ host, ready: true }), {
      'Content-Type': 'application/json',
      Authorization: `Bearer ${token}`,
    });
  };
  assert.is((await tell('cnt1', 'cnt2')).status, 403);
  assert.is(
    (
      await post(`${server.url}/phone-home`, 'hostname=cnt1', {
        'Content-Type': 'application/x-www-form-urlencoded',
      })
    ).status,
    403,
  );
  assert.is((await tell('cnt1', 'cnt1')).status, 204);
  assert.match(
    readFileSync(join(server.state, 'happenings.jsonl'), 'utf8'),
    /"host":"cnt1","kind":"stage","stage":"home"/,
  );
});

test('bodies that are too long, and heads', async ({ server }) => {
  const url = `${server.url}/t/${TOKENS['cnt1']}/line`;
  assert.is((await post(url, 'x'.repeat(60_000))).status, 204);
  const head = `POST /t/${TOKENS['cnt1']}/line HTTP/1.1\r\nHost: x\r\n`;
  assert.is(statusOf(await raw(server.port, `${head}Content-Length: 70000\r\n\r\nx`)), 413);
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  assert.is(
    statusOf(await raw(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}`)),
    413,
  );
  assert.is(
    statusOf(await raw(server.port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)),
    431,
  );
  assert.is(
    statusOf(
      await raw(
        server.port,
        'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    ),
    400,
  );
  assert.is(statusOf(await raw(server.port, '\u0016\u0003\u0001\u0002')), 400);
});

test('who opens very many connections loses those beyond the limit, and others are served', async ({
  server,
}) => {
  const slow = Array.from({ length: 100 }, () =>
    raw(server.port, 'GET /images/debian-12/linux HTTP/1.1\r\nHost'),
  );
  let closed = 0;
  for (const one of slow) void one.then(() => (closed += 1));
  await until(() => closed >= 36);
  const from = await new Promise<number>((resolve) => {
    import('node:http').then(({ get: ask }) =>
      ask(
        { port: server.port, host: '127.0.0.1', localAddress: '127.0.0.77', path: '/images/debian-12/linux' },
        (answer) => resolve(answer.resume().statusCode ?? 0),
      ),
    );
  });
  assert.is(from, 200);
});

test('a client that never ends its request, or sends no more of its body, is let go', async ({ server }) => {
  const began = Date.now();
  const [head, body] = await Promise.all([
    raw(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n'),
    raw(server.port, `POST /phone-home HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx`),
  ]);
  assert.is(statusOf(head), 408);
  assert.is(statusOf(body), 408);
  const seconds = (Date.now() - began) / 1000;
  assert.ok(seconds > 5 && seconds < 40, `${seconds} s`);
});

test('the answers of the nodes are shown, and who becomes silent', async ({ fleet, server }) => {
  const { layComponents } = await import('../talk/fleet.ts');
  const host = fleet.hosts.get('cnt2');
  if (!host) throw new Error('no cnt2');
  layComponents(host, ['identity healthy x', 'galera waiting for cnt3, which is silent']);
  await until(async () => (await stateOf(server, 'cnt2'))?.['waits'] === 'galera: for cnt3, which is silent');
  layComponents(host, ['identity healthy x', 'galera healthy serving']);
  await until(async () => (await stateOf(server, 'cnt2'))?.['level'] === 'well');
  await fleet.silence('cnt2');
  await until(async () => (await stateOf(server, 'cnt2'))?.['stage'] === 'silent');
});

test('it says why it cannot begin', async ({ fleet, server }) => {
  const failure = async (change: Parameters<typeof standing>[1]) =>
    standing(fleet.folder, { tree: server.tree, ...change }).then(
      () => 'none',
      (error: Error) => error.message,
    );
  assert.match(
    await failure({ http: [{ address: '127.0.0.1', port: server.port }] }),
    /another program listens there/,
  );
  assert.match(await failure({ http: [{ address: '192.0.2.1', port: 0 }] }), /does not have the address/);
  assert.match(await failure({ tree: join(fleet.folder, 'none') }), /none\/www does not exist/);
  layTree(fleet.folder);
});

test.run();
