import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SEED_FILES } from '../../src/pack/host-folder.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { modeOf } from '../pack/seeds.ts';
import { lay, spawnStackseed, stackseed, twoHosts } from './command.ts';

function withSeeds(use: (cwd: string) => Promise<void>): Promise<void> {
  return withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const { status, stderr } = await stackseed(['generate', '--iso-builder', 'embedded'], { cwd });
    assert.is(status, 0, stderr);
    await use(cwd);
  });
}

/** Runs a program in a folder and gives what it says; it has to end well. */
function said(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  assert.is(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const FILES = ['keep', 'plain'].flatMap((host) => [...SEED_FILES].sort().map((name) => `${host}/${name}`));

/** What was unpacked is what was generated, and its own checksums say so. */
function sameAsOut(cwd: string, folder: string, files: string[]): void {
  for (const file of files) {
    assert.ok(readFileSync(join(folder, file)).equals(readFileSync(join(cwd, 'out/hosts', file))), file);
    assert.is(modeOf(join(folder, file)), '600', file);
  }
  const checked = said(folder, 'sha256sum', '--check', '--strict', 'SHA256SUMS');
  assert.is(checked, files.map((file) => `${file}: OK\n`).join(''));
}

const KINDS = { 'a.tar.gz': ['tar', '-xzf'], 'a.tgz': ['tar', '-xzf'], 'a.zip': ['unzip', '-q'] } as const;

for (const [name, [program, option]] of Object.entries(KINDS)) {
  needs(test, program)(`${name} is read by ${program}, and its checksums fit`, () =>
    withSeeds(async (cwd) => {
      const { status, stdout } = await stackseed(['bundle', name], { cwd });
      assert.equal([status, stdout], [0, `2 seeds in ${name}\n`]);
      assert.is(modeOf(join(cwd, name)), '600');
      assert.is(said(cwd, 'sha256sum', '--check', `${name}.sha256`), `${name}: OK\n`);
      mkdirSync(join(cwd, 'unpacked'));
      said(join(cwd, 'unpacked'), program, option, `../${name}`);
      sameAsOut(cwd, join(cwd, 'unpacked'), FILES);
    }),
  );
}

test('the same seeds are the same bytes, wherever and in whatever time zone', () =>
  withSeeds(async (cwd) => {
    for (const kind of ['tar.gz', 'zip']) {
      const zones = ['Asia/Tokyo', 'America/New_York'];
      for (const TZ of zones) {
        const { status, stderr } = await spawnStackseed(['bundle', `${TZ.slice(0, 2)}.${kind}`], {
          cwd,
          env: { TZ },
        });
        assert.is(status, 0, stderr);
      }
      const [a, b] = zones.map((zone) => readFileSync(join(cwd, `${zone.slice(0, 2)}.${kind}`)));
      assert.ok(a && b && a.length > 1000 && a.equals(b), kind);
    }
  }));

needs(test, 'unzip')('--each makes one for each host, with the checksums of all', () =>
  withSeeds(async (cwd) => {
    const { status, stdout } = await stackseed(['bundle', '--each', '--zip', 'racks/one'], { cwd });
    assert.equal([status, stdout], [0, '2 archives in racks/one\n']);
    const folder = join(cwd, 'racks/one');
    assert.equal(readdirSync(folder).sort(), ['SHA256SUMS', 'keep.zip', 'plain.zip']);
    assert.is(said(folder, 'sha256sum', '--check', 'SHA256SUMS'), 'keep.zip: OK\nplain.zip: OK\n');
    mkdirSync(join(cwd, 'unpacked'));
    said(join(cwd, 'unpacked'), 'unzip', '-q', '../racks/one/keep.zip');
    sameAsOut(cwd, join(cwd, 'unpacked'), FILES.slice(0, FILES.length / 2));
    assert.equal(readdirSync(join(cwd, 'unpacked')).sort(), ['SHA256SUMS', 'keep']);
  }),
);

test('--host takes only these, and --json says what was made', () =>
  withSeeds(async (cwd) => {
    const { stdout } = await stackseed(['bundle', 'p.tgz', '--host', 'plain', '--json'], { cwd });
    const { hosts, archives } = JSON.parse(stdout);
    assert.equal(hosts, ['plain']);
    assert.equal(Object.keys(archives), [join(cwd, 'p.tgz')]);
    const unknown = await stackseed(['bundle', 'p.tgz', '--host', 'other'], { cwd });
    assert.is(unknown.status, 1);
    assert.match(unknown.stderr, 'there are no seeds of other in');
  }));

test('without seeds, or with a name that says no kind, there is a finding and no archive', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const none = await stackseed(['bundle', 'a.tar.gz'], { cwd });
    assert.is(none.status, 1);
    assert.match(none.stderr, 'stackseed generate');
    for (const name of ['seeds', 'seeds.rar', '.zip']) {
      const { status, stderr } = await stackseed(['bundle', name], { cwd });
      assert.is(status, 1);
      assert.match(stderr, 'end it in .tar.gz, .tgz, .zip');
    }
    assert.equal(readdirSync(cwd).sort(), ['inventory.yaml', 'own']);
  }));

test.run();
