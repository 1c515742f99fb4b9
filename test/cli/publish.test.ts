import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rotateSecret, secretValues } from '../../src/secrets/index.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';
import { modeOf } from '../pack/seeds.ts';
import { readWhole } from '../secrets/sample.ts';
import { lay, stackseed } from './command.ts';

const FILES = ['meta-data', 'network-config', 'seed.sums', 'seed.sums.sig', 'user-data'];
const HOSTS = ['cnt1', 'cnt2', 'cnt3', 'cm1', 'cm2'];

/** The example, with controllers and compute nodes that take their seeds by themselves. */
const INVENTORY = readFileSync(example('memo'), 'utf8')
  .replace('roles: [controller]', 'roles: [controller, pull, pull-controller]')
  .replace('roles: [compute]', 'roles: [compute, pull]')
  .replace('platform: ubuntu-16.04', 'platform: debian-12')
  .concat('\nsettings:\n  pull: { url: https://seeds.example.net/memo }\n');

async function withSeeds(use: (cwd: string) => Promise<void>, inventory = INVENTORY): Promise<void> {
  await withFolder(async (cwd) => {
    lay(cwd, { 'inventory.yaml': inventory });
    await knownSecrets(cwd);
    const { status, stderr } = await stackseed(['generate', '--no-iso'], { cwd });
    assert.is(status, 0, stderr);
    await use(cwd);
  });
}

const tokens = async (cwd: string, host: string): Promise<string[]> => {
  const secrets = await readWhole(join(cwd, 'secrets.yaml'));
  return secretValues(secrets, 'pull', { host, format: 'hex', overlaps: true }).map((one) => one.reveal());
};

test('each host that pulls finds its seed where its own token leads, and nobody else is there', () =>
  withSeeds(async (cwd) => {
    const { status, stdout } = await stackseed(['publish', 'seeds'], { cwd });
    assert.equal([status, stdout], [0, '5 seeds in seeds, 5 written\n']);
    assert.is(readdirSync(join(cwd, 'seeds')).length, HOSTS.length);
    for (const host of HOSTS) {
      const [token = ''] = await tokens(cwd, host);
      const folder = join(cwd, 'seeds', token);
      assert.equal(readdirSync(folder), FILES);
      for (const file of FILES)
        assert.ok(readFileSync(join(folder, file)).equals(readFileSync(join(cwd, 'out/hosts', host, file))));
      assert.is(modeOf(folder), '750');
      assert.is(modeOf(join(folder, 'user-data')), '640');
      const told = readFileSync(join(cwd, 'out/hosts', host, 'user-data'), 'utf8');
      assert.ok(told.includes(`https://seeds.example.net/memo/${token}`), host);
    }
  }));

test('what is the same stays as it is; a folder for a group hands its group down', () =>
  withSeeds(async (cwd) => {
    mkdirSync(join(cwd, 'seeds'));
    chmodSync(join(cwd, 'seeds'), 0o2750);
    await stackseed(['publish', 'seeds'], { cwd });
    const [token = ''] = await tokens(cwd, 'cm1');
    const path = join(cwd, 'seeds', token, 'user-data');
    assert.is(statSync(join(cwd, 'seeds', token)).mode & 0o7777, 0o2750);
    const before = statSync(path).mtimeMs;
    assert.is((await stackseed(['publish', 'seeds'], { cwd })).stdout, '5 seeds in seeds, none written\n');
    assert.is(statSync(path).mtimeMs, before);
    writeFileSync(path, 'torn');
    assert.is((await stackseed(['publish', 'seeds'], { cwd })).stdout, '5 seeds in seeds, 1 written\n');
    assert.ok(readFileSync(path).equals(readFileSync(join(cwd, 'out/hosts/cm1/user-data'))));
  }));

test('after a rotation a host finds its seed by the token from before; --prune takes older ones away', () =>
  withSeeds(async (cwd) => {
    await stackseed(['publish', 'seeds'], { cwd });
    const [first = ''] = await tokens(cwd, 'cm1');
    await rotateSecret(join(cwd, 'secrets.yaml'), 'pull');
    await stackseed(['generate', '--no-iso'], { cwd });
    assert.is((await stackseed(['publish', 'seeds'], { cwd })).stdout, '5 seeds in seeds, 10 written\n');
    const seed = (token: string) => readFileSync(join(cwd, 'seeds', token, 'user-data'), 'utf8');
    const [, second = ''] = await tokens(cwd, 'cm1');
    assert.ok(seed(first).includes(second));
    assert.is(seed(second), seed(first));
    await rotateSecret(join(cwd, 'secrets.yaml'), 'pull');
    await stackseed(['generate', '--no-iso'], { cwd });
    writeFileSync(join(cwd, 'seeds/index.html'), 'ours');
    const { stdout } = await stackseed(['publish', 'seeds'], { cwd });
    assert.match(stdout, '5 folders there of earlier hosts or tokens: remove by --prune\n');
    const pruned = await stackseed(['publish', 'seeds', '--prune'], { cwd });
    assert.match(pruned.stdout, '5 folders of earlier hosts or tokens removed\n');
    assert.not(readdirSync(join(cwd, 'seeds')).includes(first));
    assert.is(readFileSync(join(cwd, 'seeds/index.html'), 'utf8'), 'ours');
  }));

test('a fleet in which nobody pulls has nothing to publish', () =>
  withSeeds(
    async (cwd) => {
      const { status, stderr } = await stackseed(['publish', 'seeds'], { cwd });
      assert.is(status, 1);
      assert.match(stderr, 'no host of this fleet takes its seeds by itself');
      assert.match(stderr, 'those with the role pull do');
    },
    readFileSync(example('memo'), 'utf8'),
  ));

for (const [what, change, says] of [
  [
    'no URL',
    (text: string) => text.replace(/\nsettings:\n.*\n$/, ''),
    'need a value of it (setting-missing)',
  ],
  [
    'nobody who gives turns',
    (text: string) => text.replace(', pull-controller', ''),
    'no host has the role pull-controller, which that one needs',
  ],
  ['a URL without TLS', (text: string) => text.replace('https://seeds', 'http://seeds'), 'pull.url'],
] as const)
  test(`${what} is an error that says what to write`, () =>
    withFolder(async (cwd) => {
      lay(cwd, { 'inventory.yaml': change(INVENTORY) });
      await knownSecrets(cwd);
      const { status, stderr } = await stackseed(['generate', '--no-iso'], { cwd });
      assert.is(status, 1);
      assert.match(stderr, says);
    }));

test.run();
