import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  initSecrets,
  keysFromEnvironment,
  readSecrets,
  rotateSecret,
  Secret,
} from '../../src/secrets/index.ts';
import { failure } from '../iso/failure.ts';
import { inFolder } from '../iso/folder.ts';
import { readWhole } from './sample.ts';

const codes = async (reading: ReturnType<typeof readSecrets>) =>
  (await reading).findings.map(({ code, message, hint }) => `${code}: ${message} (${hint})`);

test('goes to and fro by a passphrase', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    const passphrase = new Secret('correct horse battery staple');
    await initSecrets(file, { fleet: 'memo', lock: { passphrase } });
    const text = readFileSync(file, 'utf8');
    assert.match(text, /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    const { master } = await readWhole(file, { passphrase });

    assert.is(await rotateSecret(file, 'x', { passphrase }), 1);
    assert.match(readFileSync(file, 'utf8'), /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    const after = await readWhole(file, { passphrase });
    assert.is(after.rotations.get('x'), 1);
    assert.is(after.master.reveal(), master.reveal());

    assert.match(
      (await codes(readSecrets(file)))[0] ?? '',
      /^secrets-locked: .*passphrase \(set STACKSEED_PASSPHRASE/,
    );
    const wrong = await codes(readSecrets(file, { passphrase: new Secret('incorrect horse') }));
    assert.match(wrong[0] ?? '', /^secrets-locked: the passphrase does not open/);
    assert.not(wrong[0]?.includes('incorrect horse'));
  });
});

test('goes to and fro by recipients, all of whom can still read it after a rotation', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    const identities = [await generateIdentity(), await generateIdentity()];
    const recipients = await Promise.all(identities.map((identity) => identityToRecipient(identity)));
    await initSecrets(file, { fleet: 'memo', lock: { recipients } });
    for (const [count, identity] of identities.entries()) {
      const keys = { identities: [new Secret(identity)] };
      assert.is((await readWhole(file, keys)).rotations.get('x') ?? 0, count);
      assert.is(await rotateSecret(file, 'x', keys), count + 1);
    }
    assert.match(
      (await codes(readSecrets(file)))[0] ?? '',
      /owner of a secret key \(set STACKSEED_AGE_IDENTITY/,
    );
    const stranger = { identities: [new Secret(await generateIdentity())] };
    assert.match((await codes(readSecrets(file, stranger)))[0] ?? '', /^secrets-locked: no secret key/);
    assert.is((await failure(rotateSecret(file, 'x', stranger))).code, 'secrets-locked');
  });
});

test('takes a damaged file for one that cannot be opened', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    const identity = await generateIdentity();
    await initSecrets(file, { fleet: 'memo', lock: { recipients: [await identityToRecipient(identity)] } });
    const text = readFileSync(file, 'utf8');
    const keys = { identities: [new Secret(identity)] };
    const middle = text.length >> 1;
    for (const damaged of [
      text.slice(0, middle),
      `${text.slice(0, middle)}${text[middle] === 'A' ? 'B' : 'A'}${text.slice(middle + 1)}`,
      '-----BEGIN AGE ENCRYPTED FILE-----\n',
    ]) {
      writeFileSync(file, damaged);
      assert.match((await codes(readSecrets(file, keys)))[0] ?? '', /^secrets-locked: /);
    }
  });
});

test('makes nothing for somebody who is no recipient', async () => {
  await inFolder(async (folder) => {
    const lock = { recipients: ['age1nobody'] };
    const found = await failure(initSecrets(join(folder, 'secrets.yaml'), { fleet: 'memo', lock }));
    assert.is(found.code, 'secrets-recipient');
    assert.equal(readdirSync(folder), []);
  });
});

test('finds the keys in the environment and in files that it names', async () => {
  await inFolder(async (folder) => {
    const passphrase = join(folder, 'passphrase');
    const identity = join(folder, 'identity');
    writeFileSync(passphrase, 'from a file\r\nsecond line\n');
    writeFileSync(
      identity,
      '# created: today\n# public key: age1x\nAGE-SECRET-KEY-1AAA\n\nAGE-SECRET-KEY-1BBB\n',
    );
    const keys = await keysFromEnvironment({
      STACKSEED_PASSPHRASE_FILE: passphrase,
      STACKSEED_AGE_IDENTITY: identity,
    });
    assert.is(keys.passphrase?.reveal(), 'from a file');
    assert.equal(
      keys.identities?.map((one) => one.reveal()),
      ['AGE-SECRET-KEY-1AAA', 'AGE-SECRET-KEY-1BBB'],
    );

    const direct = { STACKSEED_PASSPHRASE: 'direct', STACKSEED_PASSPHRASE_FILE: passphrase };
    assert.is((await keysFromEnvironment(direct)).passphrase?.reveal(), 'direct');
    assert.equal(await keysFromEnvironment({ STACKSEED_PASSPHRASE: '' }), {});
    const lost = keysFromEnvironment({ STACKSEED_AGE_IDENTITY: join(folder, 'lost') });
    assert.is((await failure(lost)).code, 'secrets-key-unreadable');
  });
});

test.run();
