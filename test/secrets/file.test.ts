import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initSecrets, readSecrets, rotateSecret } from '../../src/secrets/index.ts';
import { failure } from '../iso/failure.ts';
import { inFolder } from '../iso/folder.ts';
import { needs } from '../needs.ts';
import { readWhole } from './sample.ts';

const ROTATOR = fileURLToPath(new URL('rotator.ts', import.meta.url));

test('makes a file for its owner alone, with another master each time', async () => {
  await inFolder(async (folder) => {
    const before = process.umask(0o000);
    try {
      for (const name of ['a.yaml', 'b.yaml']) await initSecrets(join(folder, name), { fleet: 'memo' });
    } finally {
      process.umask(before);
    }
    assert.equal(readdirSync(folder), ['a.yaml', 'b.yaml']);
    assert.is(statSync(join(folder, 'a.yaml')).mode & 0o777, 0o600);
    const [a, b] = [await readWhole(join(folder, 'a.yaml')), await readWhole(join(folder, 'b.yaml'))];
    assert.is(a.fleet, 'memo');
    assert.is(Buffer.from(a.master.reveal(), 'base64').length, 32);
    assert.is.not(a.master.reveal(), b.master.reveal());
    assert.is.not(a.ca.key.reveal(), b.ca.key.reveal());
  });
});

needs(test, 'openssl')('has an authority that openssl takes for one', async () => {
  await inFolder(async (folder) => {
    await initSecrets(join(folder, 'secrets.yaml'), { fleet: 'memo' });
    const { ca } = await readWhole(join(folder, 'secrets.yaml'));
    const certificate = new X509Certificate(ca.certificate);
    assert.ok(certificate.ca);
    assert.is(certificate.subject, 'CN=memo CA\nO=stackseed');
    assert.is(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 3072);
    const [from, to] = [certificate.validFrom, certificate.validTo].map((text) => Date.parse(text));
    assert.is(from, 0);
    assert.ok(to !== undefined && to > Date.now() + 19 * 365 * 24 * 3600_000);

    writeFileSync(join(folder, 'ca.pem'), ca.certificate);
    writeFileSync(join(folder, 'ca.key'), ca.key.reveal());
    const openssl = (...args: string[]) => spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    assert.is(openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', 'ca.pem').stdout, 'ca.pem: OK\n');
    assert.is(openssl('pkey', '-in', 'ca.key', '-check', '-noout').status, 0);
  });
});

test('never overwrites anything', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    writeFileSync(file, 'precious');
    assert.is((await failure(initSecrets(file, { fleet: 'memo' }))).code, 'secrets-exist');
    assert.is(readFileSync(file, 'utf8'), 'precious');

    const link = join(folder, 'link.yaml');
    symlinkSync(join(folder, 'nowhere'), link);
    assert.is((await failure(initSecrets(link, { fleet: 'memo' }))).code, 'secrets-exist');
    assert.not(existsSync(join(folder, 'nowhere')));

    // Two at once: the file comes up while the other one makes its own.
    const late = join(folder, 'late.yaml');
    const running = failure(initSecrets(late, { fleet: 'memo' }));
    writeFileSync(late, 'precious');
    assert.is((await running).code, 'secrets-exist');
    assert.is(readFileSync(late, 'utf8'), 'precious');
    assert.equal(readdirSync(folder), ['late.yaml', 'link.yaml', 'secrets.yaml']);
  });
});

test('counts a label up and keeps all else, comments too', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    const text = readFileSync(file, 'utf8').replace(
      'overrides: {}',
      "overrides:\n  db: 'abc'  # from the old one",
    );
    writeFileSync(file, text);
    assert.is(await rotateSecret(file, 'galera-sst'), 1);
    assert.is(await rotateSecret(file, 'galera-sst'), 2);
    assert.is(await rotateSecret(file, 'node-key'), 1);
    const expected = text.replace('rotations: {}', 'rotations:\n  galera-sst: 2\n  node-key: 1');
    assert.is(
      readFileSync(file, 'utf8').replace('  # from', ' # from'),
      expected.replace('  # from', ' # from'),
    );
    assert.is(statSync(file).mode & 0o777, 0o600);
    assert.equal(readdirSync(folder), ['secrets.yaml']);

    const overridden = await failure(rotateSecret(file, 'db'));
    assert.is(overridden.code, 'secret-overridden');
    assert.is((await readWhole(file)).rotations.has('db'), false);
  });
});

test('leaves a link to the secrets a link', async () => {
  await inFolder(async (folder) => {
    mkdirSync(join(folder, 'vault'));
    await initSecrets(join(folder, 'vault', 'secrets.yaml'), { fleet: 'memo' });
    symlinkSync(join('vault', 'secrets.yaml'), join(folder, 'secrets.yaml'));
    await rotateSecret(join(folder, 'secrets.yaml'), 'x');
    assert.ok(lstatSync(join(folder, 'secrets.yaml')).isSymbolicLink());
    assert.is((await readWhole(join(folder, 'vault', 'secrets.yaml'))).rotations.get('x'), 1);
  });
});

test('is whole after a run was killed in the middle', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    const master = (await readWhole(file)).master.reveal();
    let least = 0;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', ROTATOR, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (child.stdout) await once(child.stdout, 'data');
      await sleep(Math.random() * 60);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      const secrets = await readWhole(file);
      assert.is(secrets.master.reveal(), master);
      const count = secrets.rotations.get('x') ?? 0;
      assert.ok(count > least);
      least = count;
      // What it left beside counts as a run that lives, until it is old.
      const beside = join(folder, '.secrets.yaml.new');
      if (existsSync(beside)) {
        assert.is((await failure(rotateSecret(file, 'x'))).code, 'secrets-busy');
        utimesSync(beside, 0, 0);
      }
      least = await rotateSecret(file, 'x');
      assert.equal(readdirSync(folder), ['secrets.yaml']);
    }
  });
});

test('loses no count when two rotate at once', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => rotateSecret(file, 'x')));
    const done = results.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(done >= 1);
    assert.is((await readWhole(file)).rotations.get('x'), done);
  });
});

test('says what a lost file means', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    for (const found of [
      (await readSecrets(file)).findings[0],
      await failure(rotateSecret(file, 'x')),
      (await readSecrets(join(folder, 'no folder', 'secrets.yaml'))).findings[0],
    ]) {
      assert.is(found?.code, 'secrets-missing');
      assert.match(found?.hint ?? '', 'stackseed secrets init');
      assert.match(found?.hint ?? '', 'another master');
    }
    assert.is((await readSecrets(folder)).findings[0]?.code, 'secrets-unreadable');
    assert.equal(readdirSync(folder), []);
    assert.is(
      (await failure(initSecrets(join(folder, 'no', 'x'), { fleet: 'memo' }))).code,
      'secrets-unwritable',
    );
  });
});

test('warns when others can read it', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    for (const [mode, warned] of [
      [0o600, false],
      [0o400, false],
      [0o640, true],
      [0o604, true],
      [0o622, true],
    ] as const) {
      chmodSync(file, mode);
      const { secrets, findings } = await readSecrets(file);
      assert.ok(secrets);
      assert.equal(
        findings.map(({ severity, code }) => [severity, code]),
        warned ? [['warning', 'secrets-mode']] : [],
        mode.toString(8),
      );
    }
  });
});

test.run();
