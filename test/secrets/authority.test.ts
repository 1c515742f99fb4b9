import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AuthorityStage,
  initSecrets,
  makeCertificate,
  readSecrets,
  rotateAuthority,
} from '../../src/secrets/index.ts';
import { inFolder } from '../iso/folder.ts';
import { readWhole } from './sample.ts';

const galera = { host: 'cnt1', names: ['cnt1'], addresses: ['192.168.1.51'] };

/** Who signs, and who is trusted. */
async function look(file: string): Promise<{ signs: string; trusted: string[] }> {
  const secrets = await readWhole(file);
  const trusted = secrets.ca.trusted.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----\n/g) ?? [];
  assert.is(trusted.join(''), secrets.ca.trusted);
  const leaf = new X509Certificate(makeCertificate(secrets, 'galera', galera).certificate);
  const signer = trusted
    .map((one) => new X509Certificate(one))
    .find(({ publicKey }) => leaf.verify(publicKey));
  assert.ok(signer?.ca, 'it is signed by one that is trusted');
  assert.is(leaf.issuer, signer.subject);
  return {
    signs: signer.fingerprint256,
    trusted: trusted.map((one) => new X509Certificate(one).fingerprint256),
  };
}

test('an authority is replaced in three steps, and whoever is one step behind is trusted by all', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    const stages: AuthorityStage[] = [];
    const looks = [await look(file)];
    for (let step = 0; step < 3; step += 1) {
      stages.push(await rotateAuthority(file));
      looks.push(await look(file));
    }
    assert.equal(stages, ['another is trusted', 'another signs', 'the one before is gone']);
    const [first, last] = [looks[0]?.signs, looks[3]?.signs];
    assert.is.not(first, last);
    assert.equal(
      looks.map(({ signs }) => signs),
      [first, first, last, last],
    );
    assert.equal(
      looks.map(({ trusted }) => trusted.length),
      [1, 2, 2, 1],
    );
    for (const [index, { signs }] of looks.entries())
      for (const other of [looks[index - 1], looks[index + 1]])
        assert.ok(other?.trusted.includes(signs) ?? true, `step ${index}`);
    assert.is(await rotateAuthority(file), 'another is trusted');
    const text = readFileSync(file, 'utf8');
    assert.match(text, '# The certificate authority of the fleet.');
    assert.match(text, '# Values of your own');
  }));

test('a key of the next authority that is not its own is found', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    await rotateAuthority(file);
    const text = readFileSync(file, 'utf8');
    const [key] = /^ {2}key: \|\n(?: {4}.*\n)+/m.exec(text) ?? [''];
    const wrong = text.replace(/^ {4}key: \|\n(?: {6}.*\n)+/m, key.replaceAll(/^ {2}/gm, '    '));
    assert.is.not(wrong, text);
    writeFileSync(file, wrong, { mode: 0o600 });
    const { findings } = await readSecrets(file);
    assert.equal(
      findings.map(({ code, path }) => [code, path]),
      [['secrets-ca', 'ca.next.key']],
    );
  }));

test.run();
