import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Finding } from '../../src/report/finding.ts';
import { initSecrets, readSecrets } from '../../src/secrets/index.ts';
import { inFolder } from '../iso/folder.ts';

const CANARY = 'Zq7Canary9xW';

/** Text of a good file with a canary for an override. */
async function goodText(folder: string): Promise<string> {
  const file = join(folder, 'good.yaml');
  await initSecrets(file, { fleet: 'memo' });
  return readFileSync(file, 'utf8').replace(
    'overrides: {}',
    `overrides:\n  db: ${CANARY}\n  db@cnt1: ${CANARY}`,
  );
}

async function findingsOf(folder: string, text: string): Promise<Finding[]> {
  const file = join(folder, 'secrets.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  const { secrets, findings } = await readSecrets(file);
  assert.is(secrets === undefined, findings.length > 0, JSON.stringify(findings));
  return findings;
}

/** Pieces of everything in the file that nobody may see. */
function pieces(text: string): string[] {
  const secret = [...text.matchAll(/^ {4}([A-Za-z0-9+/=]{8,})$|^master: "(.*)"$/gm)].map(
    ([, line, master]) => line ?? master ?? '',
  );
  return [CANARY, ...secret].map((line) => line.slice(0, 8));
}

const pemOf = (kind: 'rsa' | 'ed25519') => {
  const made =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  return String(made.privateKey.export({ type: 'pkcs8', format: 'pem' })).replace(/^(?=.)/gm, '    ');
};
const KEY = / {4}-----BEGIN PRIVATE KEY-----[\s\S]*-----END PRIVATE KEY-----\n/;

const DAMAGE: [what: string, change: (text: string) => string, code: string, path: string][] = [
  ['no version', (text) => text.replace(/^version.*\n/m, ''), 'missing-key', 'version'],
  ['a version of the future', (text) => text.replace('version: 1', 'version: 2'), 'bad-value', 'version'],
  ['a misspelt key', (text) => text.replace('master:', 'mastr:'), 'unknown-key', 'mastr'],
  ['a short master', (text) => text.replace(/^(master: ".{9}).*"$/m, '$1"'), 'bad-value', 'master'],
  ['a master that is a list', (text) => text.replace(/^(master: )(.*)$/m, '$1[$2]'), 'wrong-type', 'master'],
  [
    'a number as override',
    (text) => text.replace(`db: ${CANARY}`, 'db: 90125'),
    'wrong-type',
    'overrides.db',
  ],
  [
    'an override of two words',
    (text) => text.replace(`db: ${CANARY}`, `db: ${CANARY} x`),
    'bad-value',
    'overrides.db',
  ],
  ['a key that is no label', (text) => text.replace('  db:', `  ${CANARY}:`), 'bad-name', '***'],
  [
    'a rotation below zero',
    (text) => text.replace('rotations: {}', 'rotations: {x: -1}'),
    'bad-value',
    'rotations.x',
  ],
  ['a key twice', (text) => text.replace('  db@cnt1:', '  db:'), 'duplicate-key', 'overrides.db'],
  ['no colon', (text) => text.replace('master: ', 'master '), 'syntax', ''],
  ['an open quote', (text) => text.replace(/^(master: ".*)"$/m, '$1'), 'syntax', ''],
  ['a tab', (text) => text.replace('  db:', '\tdb:'), 'syntax', ''],
  ['text alone', () => CANARY, 'wrong-type', ''],
  ['nothing', () => '', 'empty', ''],
  [
    'a key that is none',
    (text) => text.replace(/(PRIVATE KEY-----\n {4})..../, '$1AAAA'),
    'secrets-ca',
    'ca.key',
  ],
  ['the key of another', (text) => text.replace(KEY, pemOf('rsa')), 'secrets-ca', 'ca.key'],
  ['a key of another kind', (text) => text.replace(KEY, pemOf('ed25519')), 'secrets-ca', 'ca.key'],
  [
    'a spoilt certificate',
    (text) => text.replace(/(CERTIFICATE-----\n {4})..../, '$1AAAA'),
    'secrets-ca',
    'ca.certificate',
  ],
  ['no PEM', (text) => text.replace(KEY, '    abc\n'), 'bad-value', 'ca.key'],
];

test('finds every damage where it is, and tells no secret', async () => {
  await inFolder(async (folder) => {
    const good = await goodText(folder);
    assert.equal(await findingsOf(folder, good), []);
    for (const [what, change, code, path] of DAMAGE) {
      const text = change(good);
      assert.is.not(text, good, what);
      const findings = await findingsOf(folder, text);
      const printed = JSON.stringify(findings, null, 1);
      const match = findings.find((finding) => finding.code === code && finding.path === path);
      assert.ok(match, `${what}: ${printed}`);
      for (const piece of [...pieces(good), '90125'])
        assert.not(printed.includes(piece), `${what}: ${printed}`);
      for (const { place } of findings)
        if (place) assert.ok(place.column + place.length - 1 <= Math.max(1, place.source.length), printed);
    }
  });
});

test('points at the place with the value masked', async () => {
  await inFolder(async (folder) => {
    const good = await goodText(folder);
    const [finding] = await findingsOf(folder, good.replace(`db: ${CANARY}`, `db: "${CANARY} x"`));
    const line = good.split('\n').findIndex((text) => text.includes(`db: ${CANARY}`)) + 1;
    assert.equal(finding?.place, {
      file: join(folder, 'secrets.yaml'),
      line,
      column: 7,
      length: 3,
      source: '  db: ***',
    });
  });
});

test('tells no secret, whatever was done to the file', async () => {
  await inFolder(async (folder) => {
    const good = await goodText(folder);
    const secret = pieces(good);
    const edit = fc.tuple(
      fc.nat(900),
      fc.constantFrom(
        '',
        ' ',
        '\n',
        '\t',
        ':',
        ': ',
        '"',
        "'",
        '[',
        '{',
        '&',
        '*',
        '!',
        '|',
        '-',
        '%',
        '@',
        '\0',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), async (edits, tail) => {
        let text = good;
        for (const [at, put] of edits) {
          const from = tail ? text.length - at : at;
          text = text.slice(0, from) + put + text.slice(from + (put === '' ? 1 : 0));
        }
        const file = join(folder, 'secrets.yaml');
        writeFileSync(file, text, { mode: 0o600 });
        const printed = JSON.stringify((await readSecrets(file)).findings);
        for (const piece of secret) assert.not(printed.includes(piece), printed);
      }),
      { numRuns: 300 },
    );
  });
});

test.run();
