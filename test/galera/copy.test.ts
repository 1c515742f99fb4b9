import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';

const component = join(root, 'cloud-config/components/galera/files/usr/local');
const script = join(component, 'bin/wsrep_sst_stackseed');

/** MariaDB's own script, as far as it matters here. */
const THEIRS = '#!/bin/bash\nset -ue\nsleep 10\necho "whole $2"\n';

const HISTORY = '11111111-2222-4333-8444-555555555555';
const GTID = [
  ...['--defaults-extra-file', '/etc/mysql/stackseed/galera.cnf'],
  ...['--gtid', `${HISTORY}:42`, '--gtid-domain-id', '7'],
];

/** A host's disk, with the certificates of one authority. */
function host(authority: string): string {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-copy-'));
  for (const folder of ['bin', 'run/stackseed/galera', 'etc/stackseed', 'usr/local/lib/stackseed/py'])
    mkdirSync(join(base, folder), { recursive: true });
  mkdirSync(join(base, 'etc/mysql'));
  spawnSync('cp', ['-r', authority, join(base, 'etc/mysql/stackseed')]);
  for (const name of ['galera_changes.py'])
    spawnSync('cp', [join(component, 'lib/stackseed/py', name), join(base, 'usr/local/lib/stackseed/py')]);
  writeFileSync(join(base, 'run/stackseed/galera/refused'), '');
  writeFileSync(join(base, 'bin/wsrep_sst_mariabackup'), THEIRS);
  chmodSync(join(base, 'bin/wsrep_sst_mariabackup'), 0o755);
  writeFileSync(join(base, 'etc/stackseed/galera.json'), JSON.stringify({ sst: 'mariabackup' }, null, 2));
  return base;
}

function authority(): string {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-copy-'));
  const openssl = (...words: string[]) => {
    const { status, stderr } = spawnSync('openssl', words, { cwd: base, encoding: 'utf8' });
    assert.is(status, 0, stderr);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca', '-days', '2');
  openssl('req', ...key, '-keyout', 'galera.key', '-out', 'galera.csr', '-subj', '/CN=cnt1');
  writeFileSync(join(base, 'san'), 'subjectAltName=IP:127.0.0.1\n');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
  openssl('x509', '-req', '-in', 'galera.csr', '-out', 'galera.crt', ...signed);
  return base;
}

interface Running {
  /** The next line that it prints; undefined when it has ended. */
  line(): Promise<string | undefined>;
  /** Exit status and what it said for people. */
  end(): Promise<[number | null, string]>;
  child: ChildProcess;
}

function start(base: string, ...words: string[]): Running {
  const child = spawn('bash', [script, ...words], {
    env: { PATH: `${join(base, 'bin')}:${process.env['PATH']}`, ROOT: base },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let rest = '';
  let said = '';
  let over = false;
  child.stdout?.on('data', (data) => {
    rest += data;
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const next = waiting.shift();
      if (next) next(part);
      else lines.push(part);
    }
  });
  child.stderr?.on('data', (data) => {
    said += data;
  });
  const ended = new Promise<[number | null, string]>((resolve) => {
    child.on('close', (status) => {
      over = true;
      for (const next of waiting.splice(0)) next(undefined);
      resolve([status, said]);
    });
  });
  return {
    child,
    end: () => ended,
    line: () =>
      lines.length > 0 || over
        ? Promise.resolve(lines.shift())
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const refused = (base: string) => readFileSync(join(base, 'run/stackseed/galera/refused'), 'utf8');

/** A member that joins, and what its donor is told to reach it by. */
async function joiner(base: string): Promise<[Running, string]> {
  const port = await freePort();
  const place = `127.0.0.1:${port}`;
  const one = start(base, '--role', 'joiner', '--address', place, '--parent', String(process.pid));
  const ready = (await one.line()) ?? '';
  assert.match(ready, new RegExp(`^ready ${place}/stackseed/[0-9a-f]{32}/1$`));
  return [one, ready.slice('ready '.length)];
}

async function onHosts(use: (one: string, other: string) => Promise<void>, strange = false): Promise<void> {
  const folders = [authority()];
  if (strange) folders.push(authority());
  const hosts = [host(folders[0] ?? ''), host(folders.at(-1) ?? '')];
  try {
    await use(hosts[0] ?? '', hosts[1] ?? '');
  } finally {
    for (const folder of [...folders, ...hosts]) rmSync(folder, { recursive: true, force: true });
  }
}

test('a member hears from its donor that the changes follow, and from which position', async () => {
  await onHosts(async (one, other) => {
    const [joins, address] = await joiner(one);
    const donor = start(other, '--role', 'donor', '--address', address, ...GTID, '--bypass');
    assert.is(await donor.line(), 'continue');
    assert.is(await donor.line(), `done ${HISTORY}:42`);
    assert.is(await joins.line(), `${HISTORY}:42 7`);
    assert.is((await joins.end())[0], 0);
    assert.is((await donor.end())[0], 0);
    assert.is(refused(one), '');
  });
});

test('where there are no domains, none is told', async () => {
  await onHosts(async (one, other) => {
    const [joins, address] = await joiner(one);
    const gtid = ['--gtid', `${HISTORY}:42`];
    await start(other, '--role', 'donor', '--address', address, ...gtid, '--bypass').end();
    assert.is(await joins.line(), `${HISTORY}:42`);
  });
});

test('it refuses a full copy before anything is touched, and neither side waits', async () => {
  await onHosts(async (one, other) => {
    const [joins, address] = await joiner(one);
    const donor = start(other, '--role', 'donor', '--address', address, ...GTID);
    assert.is((await donor.end())[0], 1);
    assert.equal([await joins.line(), (await joins.end())[0]], [undefined, 1]);
    assert.is(refused(one), 'full copy\n');
  });
});

test('a donor that an earlier start had asked is not listened to', async () => {
  await onHosts(async (one, other) => {
    const [joins, address] = await joiner(one);
    const stale = address.replace(/[0-9a-f]{32}/, '0'.repeat(32));
    const [status] = await start(other, '--role', 'donor', '--address', stale, ...GTID).end();
    assert.is(status, 32);
    await start(other, '--role', 'donor', '--address', address, ...GTID, '--bypass').end();
    assert.is(await joins.line(), `${HISTORY}:42 7`);
  });
});

test('a stranger is not listened to, with a certificate of its own authority', async () => {
  await onHosts(async (one, other) => {
    const [joins, address] = await joiner(one);
    const donor = start(other, '--role', 'donor', '--address', address, ...GTID, '--bypass');
    const [status, said] = await donor.end();
    assert.is.not(status, 0);
    assert.match(said, /CERTIFICATE_VERIFY_FAILED/);
    joins.child.kill();
    assert.is(await joins.line(), undefined);
  }, true);
});

test('it ends when MariaDB has', async () => {
  await onHosts(async (one) => {
    const mariadb = spawn('sleep', ['60']);
    const place = `127.0.0.1:${await freePort()}`;
    const joins = start(one, '--role', 'joiner', '--address', place, '--parent', String(mariadb.pid));
    await joins.line();
    mariadb.kill();
    assert.is((await joins.end())[0], 32);
  });
});

test('a host whose record is JOINING takes a full copy by the script of MariaDB', async () => {
  await onHosts(async (one) => {
    writeFileSync(join(one, 'run/stackseed/galera/may-copy'), '');
    const joins = start(one, '--role', 'joiner', '--address', '127.0.0.1:4444');
    assert.is(await joins.line(), 'whole joiner');
  });
});

test('who sends one does not sleep for ten seconds', async () => {
  await onHosts(async (one) => {
    const began = Date.now();
    const donor = start(one, '--role', 'donor', '--address', '127.0.0.1:4444/xtrabackup_sst//1', ...GTID);
    assert.is(await donor.line(), 'whole donor');
    assert.ok(Date.now() - began < 5000);
  });
});

test.run();
