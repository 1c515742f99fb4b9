import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deriveSecret } from '../../src/secrets/derive.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { lay, type Ran, spawnStackseed, stackseed, twoHosts } from './command.ts';

const OVERRIDE = 'Canary-Of-An-Override-1';

/** A fleet whose secrets are known: an override, derived ones, the master and the authority's key. */
async function withCanaries(use: (cwd: string, canaries: Canaries) => Promise<void>): Promise<void> {
  await withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const file = await knownSecrets(cwd, { 'keeper-key': OVERRIDE });
    const { secrets } = await readSecrets(file);
    if (!secrets) throw new Error('the secrets are not readable');
    const hex = (label: string, host: string) =>
      deriveSecret(secrets, label, { host, format: 'hex' }).reveal();
    const key = secrets.ca.key.reveal().split('\n');
    await use(cwd, {
      'keeper-key': OVERRIDE,
      'keeper-token': hex('keeper-token', 'keep'),
      'phone-home keep': hex('phone-home', 'keep'),
      'phone-home plain': hex('phone-home', 'plain'),
      master: secrets.master.reveal(),
      'ca key': key[5] ?? '',
    });
  });
}

type Canaries = Record<string, string>;

/** Which canaries a text holds, plainly or in another spelling. */
function held(text: string, canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([name, value]) => {
      assert.ok(value.length > 20, name);
      const bytes = [Buffer.from(value), /^[0-9a-f]+$/.test(value) ? Buffer.from(value, 'hex') : undefined];
      const spellings = bytes
        .filter((one) => one !== undefined)
        .flatMap((one) => [one.toString('latin1'), one.toString('base64').slice(0, -4), one.toString('hex')]);
      return spellings.some((one) => text.toLowerCase().includes(one.toLowerCase()));
    })
    .map(([name]) => name);
}

function clean(what: string, ran: Ran, canaries: Canaries): void {
  assert.equal(held(ran.stdout + ran.stderr, canaries), [], what);
}

test('the search finds what it looks for', () =>
  withCanaries(async (cwd, canaries) => {
    const file = readFileSync(join(cwd, 'secrets.yaml'), 'utf8');
    assert.equal(held(file, canaries), ['keeper-key', 'master', 'ca key']);
    const revealed = await stackseed(['secrets', 'show', '--reveal', 'keeper-token@keep'], { cwd });
    assert.equal(held(revealed.stdout, canaries), ['keeper-token']);
  }));

for (const args of [
  ['validate'],
  ['validate', '--json'],
  ['show'],
  ['show', 'keep'],
  ['show', 'keep', '--secrets'],
  ['show', '--json'],
  ['secrets', 'init'],
  ['secrets', 'show'],
  ['secrets', 'show', '--json'],
  ['secrets', 'rotate', 'keeper-token'],
  ['secrets', 'rotate', 'keeper-key'],
  ['generate', '--no-iso'],
  ['generate', '--no-iso', '--json'],
  ['plan'],
  ['plan', '--json'],
  ['graph'],
  ['client-config'],
  ['report'],
  ['schema', '--component-settings'],
]) {
  test(`"${args.join(' ')}" prints no secret`, () =>
    withCanaries(async (cwd, canaries) => {
      const ran = await stackseed(args, { cwd, env: { STACKSEED_DEBUG: '1' } });
      assert.not(ran.status === 70, ran.stderr);
      clean(args.join(' '), ran, canaries);
    }));
}

/** Ways to break secrets.yaml; each must be reported without what stands there. */
const breakages: [string, (text: string) => string][] = [
  ['a tab', (text) => text.replace('  keeper-key: ', '\tkeeper-key: ')],
  ['an open quote', (text) => text.replace(`${OVERRIDE}"`, OVERRIDE)],
  ['a duplicate', (text) => text.replace(/^(master: .*\n)/m, '$1$1')],
  ['a key of an unknown name', (text) => text.replace('  keeper-key:', '  keeper key:')],
  ['a value for a key', (text) => text.replace(/^ {2}keeper-key: "(.*)"$/m, '  $1: keeper-key')],
  ['a list for a map', (text) => text.replace(/^ {2}keeper-key: /m, '  - ')],
  ['a value that does not fit', (text) => text.replace(OVERRIDE, `${OVERRIDE} and more`)],
  ['a master with a wrong letter', (text) => text.replace(/^master: .*$/m, (line) => `${line}!`)],
  ['a master that is cut', (text) => text.replace(/^master: .*$/m, (line) => line.slice(0, -2))],
  ['an override at the top', (text) => `${text}\n${OVERRIDE}: x\n`],
  ['an alias', (text) => text.replace(`"${OVERRIDE}"`, `*${OVERRIDE}`)],
  ['a tag', (text) => text.replace(`"${OVERRIDE}"`, `!${OVERRIDE} x`)],
  ['a certificate authority that is cut', (text) => text.split('\n').slice(0, -6).join('\n')],
  ['a form that the secret does not have', (text) => text.replace('keeper-key', 'keeper-token')],
];

for (const [name, change] of breakages) {
  test(`secrets with ${name} are reported without a secret`, () =>
    withCanaries(async (cwd, canaries) => {
      const text = readFileSync(join(cwd, 'secrets.yaml'), 'utf8');
      const broken = change(text);
      assert.is.not(broken, text);
      lay(cwd, { 'secrets.yaml': broken });
      for (const args of [
        ['generate', '--no-iso'],
        ['generate', '--no-iso', '--json'],
        ['secrets', 'show'],
      ]) {
        const ran = await stackseed([...args], { cwd, env: { STACKSEED_DEBUG: '1' } });
        assert.ok(ran.status === 0 || ran.status === 1, ran.stderr);
        clean(args.join(' '), ran, canaries);
      }
      const { status } = await stackseed(['generate', '--no-iso'], { cwd });
      assert.is(status, 1);
    }));
}

test('a template that fails over a secret does not print it', () =>
  withCanaries(async (cwd, canaries) => {
    const template = 'own/components/keeper/files/etc/keeper.conf.ejs';
    lay(cwd, { [template]: "<% const key = secret('keeper-key') %>\n<%= key.nothing %>\n" });
    const ran = await stackseed(['generate', '--no-iso'], { cwd, env: { STACKSEED_DEBUG: '1' } });
    assert.is(ran.status, 1);
    assert.match(ran.stderr, 'keeper.conf.ejs');
    clean('generate', ran, canaries);
  }));

test('plan shows neither the old secret nor the new one', () =>
  withCanaries(async (cwd, canaries) => {
    await stackseed(['generate', '--no-iso'], { cwd });
    const template = 'own/components/keeper/files/etc/keeper.conf.ejs';
    const secret = /keeper-(key|token)/g;
    const text = readFileSync(join(cwd, template), 'utf8');
    for (const change of [
      () => stackseed(['secrets', 'rotate', 'keeper-token'], { cwd }),
      () =>
        lay(cwd, { [template]: `# another\n${text.replace('key=', 'key: ').replace('token=', 'token: ')}` }),
      () =>
        lay(cwd, {
          [template]: text
            .split('\n')
            .filter((line) => !line.match(secret))
            .join('\n'),
        }),
      () => lay(cwd, { [template]: "both=<%= secret('keeper-key') %>/<%= secret('keeper-token') %>\n" }),
    ]) {
      await change();
      for (const args of [
        ['plan', '--no-iso'],
        ['plan', '--no-iso', '--json'],
      ]) {
        const ran = await stackseed(args, { cwd });
        assert.is(ran.status, 2, ran.stderr);
        assert.match(ran.stdout, '/etc/keeper.conf');
        clean(args.join(' '), ran, canaries);
      }
    }
  }));

needs(test, 'xorriso')('only the seed of a host that declares a secret holds it', () =>
  withCanaries(async (cwd, canaries) => {
    const { status, stderr } = await stackseed(['generate'], { cwd });
    assert.is(status, 0, stderr);
    const own = ['keeper-key', 'keeper-token', 'phone-home keep'];
    const found = files(join(cwd, 'out')).map((path): [string, string[]] => [
      path.slice(cwd.length + 1),
      held(readFileSync(path, 'latin1'), canaries),
    ]);
    const holding = Object.fromEntries(found.filter(([, names]) => names.length > 0));
    assert.equal(holding, {
      'out/hosts/keep/seed.iso': own,
      'out/hosts/keep/user-data': own,
      'out/hosts/plain/seed.iso': ['phone-home plain'],
      'out/hosts/plain/user-data': ['phone-home plain'],
    });
    for (const open of ['stackseed.lock', 'out/manifest.json', 'out/.stamps'])
      assert.equal(held(readFileSync(join(cwd, open), 'utf8'), canaries), []);
    const bundle = await stackseed(['bundle', 'seeds.tar.gz'], { cwd });
    clean('bundle', bundle, canaries);
    const packed = gunzipSync(readFileSync(join(cwd, 'seeds.tar.gz'))).toString('latin1');
    assert.equal(held(packed, canaries), [...own, 'phone-home plain']);
  }),
);

const stub = `#!/bin/bash
# Stands in for xorriso: writes down how it was called and fails.
{ printf '%s\\n' "$@"; env; ls -R; } >>"$CALLS"
echo "cannot write" >&2
exit 5
`;

test('no program is told a secret by argument or environment', () =>
  withCanaries(async (cwd, canaries) => {
    lay(cwd, { 'bin/xorriso': stub.replaceAll('$CALLS', join(cwd, 'calls')) });
    const ran = await spawnStackseed(['generate'], {
      cwd,
      env: { PATH: `${join(cwd, 'bin')}:${process.env['PATH']}` },
    });
    assert.is(ran.status, 1, ran.stderr);
    assert.match(ran.stderr, 'it said: cannot write', ran.stderr);
    clean('generate', ran, canaries);
    const calls = readFileSync(join(cwd, 'calls'), 'utf8');
    assert.match(calls, '-volid');
    assert.equal(held(calls, canaries), []);
  }));

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

test.run();
