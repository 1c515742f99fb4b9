import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFleet } from '../../src/generate/generate.ts';
import type { GenerateOptions, GenerateReport } from '../../src/generate/types.ts';
import { verifyOut } from '../../src/generate/verify.ts';
import { readManifest } from '../../src/pack/index.ts';
import { FindingsError } from '../../src/report/finding.ts';
import { lay, spawned, twoHosts } from '../cli/command.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';

const INVENTORY = twoHosts['inventory.yaml'] ?? '';
const PARIS = INVENTORY.replace('Europe/Berlin', 'Europe/Paris');

/** A folder with two hosts, and what generates them, ISOs included. */
function withFleet(
  use: (
    folder: string,
    generate: (options?: Partial<GenerateOptions>) => Promise<GenerateReport>,
  ) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    lay(folder, twoHosts);
    await knownSecrets(folder);
    await use(folder, (options = {}) =>
      generateFleet({
        inventory: join(folder, 'inventory.yaml'),
        out: join(folder, 'out'),
        iso: true,
        isoBuilder: 'embedded',
        prune: false,
        ...options,
      }),
    );
  });
}

/** Bytes of every file by path; stamps hold times. */
function bytes(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.stamps');
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'latin1')]),
  );
}

const times = (folder: string) =>
  Object.fromEntries([...bytes(folder).keys()].map((path) => [path, statSync(join(folder, path)).mtimeMs]));
const outcomes = ({ hosts }: GenerateReport) =>
  Object.fromEntries(hosts.map(({ host, outcome }) => [host, outcome]));

test('a lost out/ is made again to the byte, the manifest too', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const before = bytes(join(folder, 'out'));
    assert.equal(
      [...before.keys()].filter((path) => !path.startsWith('hosts/')),
      ['manifest.json'],
    );
    rmSync(join(folder, 'out'), { recursive: true });
    await generate();
    assert.equal(bytes(join(folder, 'out')), before);
  }));

test('nothing is written where nothing changed, and only the times of what changed are new', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const before = times(join(folder, 'out'));
    await sleep(15);
    assert.equal(outcomes(await generate()), { keep: 'kept', plain: 'kept' });
    assert.equal(times(join(folder, 'out')), before);
    writeFileSync(join(folder, 'inventory.yaml'), PARIS);
    assert.equal(outcomes(await generate()), { keep: 'changed', plain: 'kept' });
    const after = times(join(folder, 'out'));
    const newer = Object.keys(after).filter((path) => after[path] !== before[path]);
    assert.equal(newer, [
      'hosts/keep/meta-data',
      'hosts/keep/seed.iso',
      'hosts/keep/seed.sums',
      'hosts/keep/seed.sums.sig',
      'hosts/keep/user-data',
      'manifest.json',
    ]);
  }));

test('a host whose input is the same is not even rendered', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const manifest = join(folder, 'out/manifest.json');
    const seed = readManifest(join(folder, 'out')).hosts.get('keep')?.seed ?? '';
    // Were it rendered, the true digest would come back.
    const other = 'f'.repeat(64);
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(seed, other));
    const { hosts } = await generate();
    assert.is(hosts.find(({ host }) => host === 'keep')?.generation, 2);
    assert.match(readFileSync(join(folder, 'stackseed.lock'), 'utf8'), other);
  }));

for (const [what, change] of [
  ['a setting', (folder: string) => writeFileSync(join(folder, 'inventory.yaml'), PARIS)],
  [
    'a template',
    (folder: string) =>
      appendFileSync(join(folder, 'own/components/keeper/files/etc/keeper.conf.ejs'), '# more\n'),
  ],
  [
    'a script',
    (folder: string) => appendFileSync(join(folder, 'own/components/keeper/health.sh'), '# more\n'),
  ],
  [
    'the rotation of a secret',
    (folder: string) => {
      const file = join(folder, 'secrets.yaml');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(/^rotations: .*$/m, 'rotations: { keeper-key: 1 }'),
      );
    },
  ],
] as const) {
  test(`${what} changes the host that has it, and no other`, () =>
    withFleet(async (folder, generate) => {
      await generate();
      change(folder);
      assert.equal(outcomes(await generate()), { keep: 'changed', plain: 'kept' });
      const text = readFileSync(join(folder, 'stackseed.lock'), 'utf8');
      assert.match(text, /keep:\n {4}generation: 2/);
      assert.match(text, /plain:\n {4}generation: 1/);
    }));
}

test('a file that was edited is reported and stays, until it is to be written over', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const right = bytes(join(folder, 'out'));
    const user = join(folder, 'out/hosts/keep/user-data');
    const [{ atime, mtime }, text] = [statSync(user), readFileSync(user, 'utf8')];
    // Of the same size, and the time put back to the second.
    writeFileSync(user, text.replace('Europe/Berlin', 'Europe/Dublin'));
    utimesSync(user, atime, mtime);
    for (const inventory of [INVENTORY, PARIS]) {
      writeFileSync(join(folder, 'inventory.yaml'), inventory);
      const report = await generate();
      assert.equal(outcomes(report), { keep: 'edited', plain: 'kept' });
      assert.equal(
        report.findings.map(({ code, path }) => [code, path]),
        [['seed-edited', 'hosts.keep']],
      );
      assert.match(readFileSync(user, 'utf8'), 'Europe/Dublin');
      assert.equal(
        verifyOut(join(folder, 'out')).findings.map(({ code }) => code),
        ['seed-edited'],
      );
    }
    writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
    assert.equal(outcomes(await generate({ overwrite: true })), { keep: 'changed', plain: 'kept' });
    assert.equal(bytes(join(folder, 'out')), right);
    assert.equal(verifyOut(join(folder, 'out')).findings, []);
  }));

test('what is missing or open to others is made right', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const right = bytes(join(folder, 'out'));
    const host = join(folder, 'out/hosts/keep');
    for (const [code, damage] of [
      ['seed-missing', () => rmSync(join(host, 'meta-data'))],
      ['seed-missing', () => rmSync(join(host, 'seed.iso'))],
      ['seed-missing', () => rmSync(host, { recursive: true })],
      ['seed-open', () => chmodSync(join(host, 'user-data'), 0o644)],
      ['seed-open', () => chmodSync(host, 0o755)],
    ] as const) {
      damage();
      const { findings } = verifyOut(join(folder, 'out'));
      assert.equal(
        findings.map((finding) => finding.code),
        [code],
      );
      await generate();
      assert.equal(bytes(join(folder, 'out')), right);
      assert.equal(verifyOut(join(folder, 'out')), { hosts: 2, files: 12, findings: [] });
    }
  }));

test('verify tells of what is not in the manifest, and of no manifest', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const out = join(folder, 'out');
    writeFileSync(join(out, 'hosts/plain/notes'), '');
    cpSync(join(out, 'hosts/keep'), join(out, 'hosts/other'), { recursive: true });
    const codes = () => verifyOut(out).findings.map(({ code, path }) => `${path} ${code}`);
    assert.equal(codes(), ['hosts.plain out-foreign-file', 'hosts.other seed-unknown']);
    writeFileSync(join(out, 'manifest.json'), '{"version":1,"hosts":{"keep":7}}');
    assert.equal(codes(), ['out no-manifest']);
  }));

test('without its stamps, or after a move, out/ is read and found right', () =>
  withFleet(async (folder, generate) => {
    await generate();
    rmSync(join(folder, 'out/.stamps'));
    assert.equal(outcomes(await generate()), { keep: 'kept', plain: 'kept' });
    assert.ok(existsSync(join(folder, 'out/.stamps')));
    cpSync(join(folder, 'out'), join(folder, 'moved'), { recursive: true });
    for (const host of ['keep', 'plain']) chmodSync(join(folder, 'moved/hosts', host), 0o700);
    assert.equal(outcomes(await generate({ out: join(folder, 'moved') })), { keep: 'kept', plain: 'kept' });
  }));

test('without a manifest, what is there is compared by its bytes', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const right = bytes(join(folder, 'out'));
    rmSync(join(folder, 'out/manifest.json'));
    assert.equal(outcomes(await generate()), { keep: 'kept', plain: 'kept' });
    assert.equal(bytes(join(folder, 'out')), right);
  }));

test('a lost lock is an error that says what it means, unless a new one is asked for', () =>
  withFleet(async (folder, generate) => {
    await generate();
    writeFileSync(join(folder, 'inventory.yaml'), PARIS);
    await generate();
    renameSync(join(folder, 'stackseed.lock'), join(folder, 'kept.lock'));
    const before = bytes(join(folder, 'out'));
    const error = await generate().then(
      () => assert.unreachable(),
      (thrown) => thrown,
    );
    assert.instance(error, FindingsError);
    assert.is(error.findings[0]?.code, 'lock-lost');
    assert.match(error.findings[0]?.hint, 'controllers that are absent are forgotten');
    assert.not(existsSync(join(folder, 'stackseed.lock')));
    assert.equal(bytes(join(folder, 'out')), before);
    assert.equal(outcomes(await generate({ lock: join(folder, 'kept.lock') })), {
      keep: 'kept',
      plain: 'kept',
    });
    const { hosts } = await generate({ newLock: true });
    assert.equal(
      hosts.map(({ generation }) => generation),
      [1, 1],
    );
  }));

test('what a killed run left of a host is known until a run comes to it', () =>
  withFleet(async (folder, generate) => {
    await generate();
    const out = join(folder, 'out');
    const manifest = readFileSync(join(out, 'manifest.json'));
    writeFileSync(join(folder, 'inventory.yaml'), PARIS);
    await generate();
    // As if it had been killed before its last step.
    const digests = Object.values(readManifest(out).hosts.get('keep')?.files ?? {});
    writeFileSync(join(out, 'manifest.json'), manifest);
    writeFileSync(join(out, '.journal'), `${JSON.stringify(['keep', ...digests])}\n["plain","cut o`);
    assert.equal(
      verifyOut(out).findings.map(({ code }) => code),
      ['seed-unrecorded'],
    );
    await generate({ hosts: ['plain'] });
    writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
    assert.equal(outcomes(await generate()), { keep: 'changed', plain: 'kept' });
    assert.not(existsSync(join(out, '.journal')));
    assert.equal(verifyOut(out).findings, []);
  }));

test('a host that left is forgotten when it is pruned', () =>
  withFleet(async (folder, generate) => {
    await generate();
    writeFileSync(join(folder, 'inventory.yaml'), INVENTORY.slice(0, INVENTORY.indexOf('  plain:')));
    assert.equal((await generate()).stale, ['plain']);
    assert.equal(verifyOut(join(folder, 'out')).findings, []);
    assert.equal((await generate({ prune: true })).pruned, ['plain']);
    assert.equal([...readManifest(join(folder, 'out')).hosts.keys()], ['keep']);
    assert.equal(verifyOut(join(folder, 'out')).findings, []);
  }));

const HOSTS = 24;

/** Two hosts and many more, so that a run takes its time. */
function manyHosts(zone: string): string {
  const more = Array.from({ length: HOSTS }, (_, index) => {
    const two = String(index + 10);
    return `  many${two}:\n    groups: [keepers]\n    networks:\n      manage: { mac: "52:54:00:00:01:${two}", address: 10.0.0.1${two} }\n`;
  });
  return INVENTORY.replace('Europe/Berlin', zone) + more.join('');
}

function killedRun(folder: string, delay: number): Promise<boolean> {
  const args = [...spawned, 'generate', '--quiet', '--iso-builder', 'embedded'];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
  // Counted from the first sign of life, since starting takes most of the time.
  const lock = join(folder, 'out');
  const began = setInterval(() => {
    if (!existsSync(lock) || !readdirSync(lock).some((name) => name.startsWith('.run.'))) return;
    clearInterval(began);
    setTimeout(() => child.kill('SIGKILL'), delay);
  }, 1);
  return new Promise((resolve) => {
    child.on('close', (_, signal) => {
      clearInterval(began);
      resolve(signal === 'SIGKILL');
    });
  });
}

test('killed at any moment, the next run makes it good, whatever the inventory says by then', () =>
  withFleet(async (folder, generate) => {
    const inventory = join(folder, 'inventory.yaml');
    const zones = ['Europe/Paris', 'Europe/Madrid'];
    let killed = 0;
    for (let round = 0; round < 8; round++) {
      writeFileSync(inventory, manyHosts(zones[round % 2] ?? ''));
      if (await killedRun(folder, round * 60)) killed++;
      // Half of the time the inventory has changed again.
      const zone = round % 4 < 2 ? 'Europe/Oslo' : (zones[round % 2] ?? '');
      writeFileSync(inventory, manyHosts(zone));
      const { findings, hosts } = await generate();
      assert.equal(findings, [], `round ${round}`);
      assert.is(hosts.length, HOSTS + 2);
      assert.equal(verifyOut(join(folder, 'out')).findings, []);
      const mended = bytes(join(folder, 'out'));
      assert.not([...mended.keys()].some((path) => /\.(new|old|work|journal|run)\b/.test(path)));
      cpSync(join(folder, 'stackseed.lock'), join(folder, 'again.lock'));
      await generate({ out: join(folder, 'again'), lock: join(folder, 'again.lock') });
      assert.equal(mended, bytes(join(folder, 'again')), `round ${round}`);
      rmSync(join(folder, 'again'), { recursive: true });
    }
    assert.ok(killed >= 4, `only ${killed} of 8 runs were killed`);
  }));

test.run();
