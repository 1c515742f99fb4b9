import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { lay, stackseed, twoHosts } from './command.ts';

function master(file: string): string {
  return /^master: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}

test('init makes the secrets once, for their owner alone', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const file = join(cwd, 'secrets.yaml');
    const { status, stdout, stderr } = await stackseed(['secrets', 'init'], { cwd });
    assert.is(status, 0, stderr);
    assert.is(statSync(file).mode & 0o777, 0o600);
    assert.not(stdout.includes(master(file)));
    const before = readFileSync(file, 'utf8');
    const again = await stackseed(['secrets', 'init'], { cwd });
    assert.is(again.status, 1);
    assert.match(again.stderr, 'exists already and is not overwritten');
    assert.is(readFileSync(file, 'utf8'), before);
  }));

test('init needs an inventory with a name for the fleet', () =>
  withFolder(async (cwd) => {
    assert.match((await stackseed(['secrets', 'init'], { cwd })).stderr, 'does not exist');
    lay(cwd, { 'inventory.yaml': 'hosts: {}\n' });
    const { status, stderr } = await stackseed(['secrets', 'init'], { cwd });
    assert.is(status, 1);
    assert.match(stderr, "does not say the fleet's name");
  }));

test('show lists the secrets and who gets them, without values', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const file = await knownSecrets(cwd);
    const { status, stdout, stderr } = await stackseed(['secrets', 'show'], { cwd });
    assert.is(status, 0, stderr);
    assert.match(stdout, /^keeper-key +fleet +0 +derived +keeper +keep$/m);
    assert.match(stdout, /^keeper-token +host +0 +derived +keeper +keep$/m);
    assert.not(stdout.includes(master(file)));
  }));

test('show --reveal prints one value and nothing else', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const fleet = await stackseed(['secrets', 'show', '--reveal', 'keeper-key'], { cwd });
    assert.match(fleet.stdout, /^[A-Za-z0-9]{32}\n$/);
    const host = await stackseed(['secrets', 'show', '--reveal', 'keeper-token@keep'], { cwd });
    assert.match(host.stdout, /^[0-9a-f]{64}\n$/);
    for (const label of ['keeper-token', 'keeper-token@plain', 'keeper-key@keep', 'keeper-kee', '']) {
      const { status, stdout } = await stackseed(['secrets', 'show', '--reveal', label], { cwd });
      assert.is(status, 1, label);
      assert.is(stdout, '');
    }
  }));

test('rotate gives another value', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const reveal = async () =>
      (await stackseed(['secrets', 'show', '--reveal', 'keeper-key'], { cwd })).stdout;
    const before = await reveal();
    const { status, stdout, stderr } = await stackseed(['secrets', 'rotate', 'keeper-key'], { cwd });
    assert.is(status, 0, stderr);
    assert.match(stdout, 'keeper-key is in its rotation 1. In the seeds of: keep');
    assert.is.not(await reveal(), before);
    const { secrets } = JSON.parse((await stackseed(['secrets', 'show', '--json'], { cwd })).stdout);
    const key = secrets.find(({ label }: { label: string }) => label === 'keeper-key');
    assert.is(key.rotation, 1);
  }));

test('rotate takes the label of a certificate as well', () =>
  withFolder(async (cwd) => {
    const path = 'own/components/keeper/component.yaml';
    lay(cwd, {
      ...twoHosts,
      [path]: `${twoHosts[path]}certificates: [{ label: keeper-tls, summary: what it shows }]\n`,
    });
    await knownSecrets(cwd);
    const { status, stdout, stderr } = await stackseed(['secrets', 'rotate', 'keeper-tls'], { cwd });
    assert.is(status, 0, stderr);
    assert.match(stdout, 'keeper-tls is in its rotation 1. In the seeds of: keep');
    assert.not.match((await stackseed(['secrets', 'show'], { cwd })).stdout, 'of no use');
  }));

test('rotate replaces the authority in three steps', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const said: string[] = [];
    for (let step = 0; step < 3; step += 1) {
      const { status, stdout } = await stackseed(['secrets', 'rotate', 'ca'], { cwd });
      assert.is(status, 0);
      said.push(stdout.split(' ').slice(0, 3).join(' '));
    }
    assert.equal(said, ['All hosts will', 'The other authority', 'The authority from']);
  }));

test('rotate takes only labels that there are', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const file = await knownSecrets(cwd);
    const before = readFileSync(file, 'utf8');
    const { status, stderr } = await stackseed(['secrets', 'rotate', 'keeper-kee'], { cwd });
    assert.is(status, 1);
    assert.match(stderr, 'did you mean keeper-key?');
    assert.is(readFileSync(file, 'utf8'), before);
  }));

test('encrypted with a passphrase, only who has it gets on', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const env = { STACKSEED_PASSPHRASE: 'correct horse' };
    assert.is((await stackseed(['secrets', 'init', '--passphrase'], { cwd })).status, 1);
    assert.is((await stackseed(['secrets', 'init', '--passphrase'], { cwd, env })).status, 0);
    assert.match(readFileSync(join(cwd, 'secrets.yaml'), 'utf8'), 'BEGIN AGE ENCRYPTED FILE');
    const without = await stackseed(['secrets', 'show'], { cwd });
    assert.is(without.status, 1);
    assert.match(without.stderr, 'STACKSEED_PASSPHRASE');
    assert.is((await stackseed(['secrets', 'show'], { cwd, env })).status, 0);
    const made = await stackseed(['generate', '--no-iso'], { cwd, env });
    assert.is(made.status, 0, made.stderr);
  }));

test('encrypted for an age key, only its owner gets on', () =>
  withFolder(async (cwd) => {
    const identity = await generateIdentity();
    lay(cwd, { ...twoHosts, 'identity.txt': `${identity}\n` });
    const recipient = await identityToRecipient(identity);
    assert.is((await stackseed(['secrets', 'init', '--age', recipient], { cwd })).status, 0);
    assert.is((await stackseed(['secrets', 'show'], { cwd })).status, 1);
    const env = { STACKSEED_AGE_IDENTITY: join(cwd, 'identity.txt') };
    assert.is((await stackseed(['secrets', 'rotate', 'keeper-key'], { cwd, env })).status, 0);
    assert.match(readFileSync(join(cwd, 'secrets.yaml'), 'utf8'), 'BEGIN AGE ENCRYPTED FILE');
  }));

test('show names what is of no use', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd, { 'keper-key': 'abcdefgh', 'keeper-token@plain': 'aa' });
    const { stdout, stderr } = await stackseed(['secrets', 'show'], { cwd });
    assert.match(stdout, 'of no use to any component: keper-key, keeper-token@plain', stderr);
  }));

test.run();
