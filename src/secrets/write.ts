import { randomBytes } from 'node:crypto';
import { lstat, realpath } from 'node:fs/promises';
import { isMap, parseDocument } from 'yaml';
import { FindingsError } from '../report/finding.ts';
import { encrypt, type Keys, type Lock } from './age.ts';
import { makeAuthority } from './authority.ts';
import { secretsProblem } from './problem.ts';
import { openSecrets, parseSecrets } from './read.ts';
import { exists, replaceFile } from './replace-file.ts';
import type { Secrets } from './schema.ts';

export interface InitOptions {
  fleet: string;
  /** Encrypts the file; plain text when left out. */
  lock?: Lock;
}

/**
 * Makes the secrets of a fleet: a random master and a certificate authority. A file that is there stays.
 * @throws FindingsError when it exists, cannot be written, or a recipient is not an age public key
 */
export async function initSecrets(file: string, { fleet, lock }: InitOptions): Promise<void> {
  if (await lstat(file).catch(() => undefined)) throw exists(file);
  const ca = await makeAuthority(fleet, new Date());
  const text = newFile(fleet, randomBytes(32).toString('base64'), ca, lock);
  const { findings } = parseSecrets(file, text);
  if (findings.length > 0) throw new FindingsError(findings);
  await replaceFile(file, 'create', () => (lock ? sealed(text, lock) : Promise.resolve(text)));
}

/**
 * Counts a label up, so that another secret is derived for it, and returns the new count. The file's comments
 * stay; an encrypted one is encrypted again for the same recipients, or with the same passphrase.
 * @throws FindingsError when the file cannot be read or written, or the label is overridden
 */
export async function rotateSecret(file: string, label: string, keys: Keys = {}): Promise<number> {
  let count = 0;
  await rewrite(file, keys, async (text, secrets) => {
    if (secrets.overrides.has(label)) throw overridden(file, label);
    count = (secrets.rotations.get(label) ?? 0) + 1;
    const changed = countUp(text, label, count);
    if (parsed(file, changed).rotations.get(label) !== count) throw new Error(`${label} was not counted up`);
    return changed;
  });
  return count;
}

/** How far the replacement of an authority by another is. */
export type AuthorityStage = 'another is trusted' | 'another signs' | 'the one before is gone';

/**
 * Goes one step further in replacing the fleet's authority by another. Every host has to have its seed before the next
 * step: first all trust both, then the new one signs, then the old one is trusted no more. Gives the step.
 * @throws FindingsError when the file cannot be read or written
 */
export async function rotateAuthority(file: string, keys: Keys = {}): Promise<AuthorityStage> {
  let stage: AuthorityStage = 'another is trusted';
  await rewrite(file, keys, async (text, secrets) => {
    const document = parseDocument(text);
    const next = document.getIn(['ca', 'next']);
    if (isMap(next)) {
      stage = 'another signs';
      document.setIn(['ca', 'before'], document.getIn(['ca', 'certificate'], true));
      for (const part of ['certificate', 'key']) document.setIn(['ca', part], next.get(part, true));
      document.deleteIn(['ca', 'next']);
    } else if (document.hasIn(['ca', 'before'])) {
      stage = 'the one before is gone';
      document.deleteIn(['ca', 'before']);
    } else {
      const made = await makeAuthority(secrets.fleet ?? 'fleet', new Date(), 'another');
      document.setIn(['ca', 'next'], document.createNode(made));
    }
    return document.toString({ lineWidth: 0 });
  });
  return stage;
}

/** The file's comments stay, and it stays encrypted for those that it is encrypted for. */
async function rewrite(
  file: string,
  keys: Keys,
  change: (text: string, secrets: Secrets) => Promise<string>,
): Promise<void> {
  // A link to where the secrets are kept stays one.
  const real = await realpath(file).catch(async () => {
    throw new FindingsError((await openSecrets(file, keys)).findings);
  });
  await replaceFile(real, 'replace', async () => {
    const { text, encrypted, findings } = await openSecrets(real, keys);
    const secrets = text === undefined ? undefined : parsed(file, text);
    if (text === undefined || !secrets) throw new FindingsError(findings);
    const changed = await change(text, secrets);
    parsed(file, changed);
    return encrypted ? sealed(changed, lockOf(secrets, keys)) : changed;
  });
}

function parsed(file: string, text: string): Secrets {
  const { secrets, findings } = parseSecrets(file, text);
  if (!secrets) throw new FindingsError(findings);
  return secrets;
}

function countUp(text: string, label: string, count: number): string {
  const document = parseDocument(text);
  document.setIn(['rotations', label], count);
  const rotations = document.get('rotations');
  if (isMap(rotations)) rotations.flow = false;
  return document.toString({ lineWidth: 0 });
}

function lockOf(secrets: Secrets, keys: Keys): Lock {
  if (secrets.recipients.length > 0) return { recipients: secrets.recipients };
  if (keys.passphrase) return { passphrase: keys.passphrase };
  throw secretsProblem(
    'secrets-recipients',
    `${secrets.file} does not say who it is encrypted for`,
    'name the age public keys under the key `recipients`',
  );
}

async function sealed(text: string, lock: Lock): Promise<string> {
  try {
    return await encrypt(text, lock);
  } catch {
    throw secretsProblem(
      'secrets-recipient',
      'the secrets cannot be encrypted for that recipient',
      'give an age public key, as age-keygen prints it: age1…',
    );
  }
}

function overridden(file: string, label: string): FindingsError {
  return secretsProblem(
    'secret-overridden',
    `${label} has a value of your own in ${file}, so counting it up would change nothing`,
    `change the value of ${label} under the key \`overrides\``,
  );
}

function newFile(
  fleet: string,
  master: string,
  ca: { key: string; certificate: string },
  lock: Lock | undefined,
): string {
  const recipients = lock && 'recipients' in lock ? lock.recipients : [];
  return [
    '# Secrets of a fleet, made by `stackseed secrets init`. Keep a copy in a safe place, and keep this file out',
    '# of version control unless it is encrypted.',
    'version: 1',
    `fleet: ${JSON.stringify(fleet)}`,
    '',
    '# Every secret in the seeds is derived from this. Another master makes other secrets, which hosts that',
    '# run already do not accept.',
    `master: ${JSON.stringify(master)}`,
    '',
    '# How often a secret was replaced by another: `stackseed secrets rotate LABEL` counts.',
    'rotations: {}',
    '',
    '# Values of your own, by LABEL or LABEL@HOST, in place of derived ones.',
    'overrides: {}',
    ...(recipients.length > 0
      ? [
          '',
          '# Who this file is encrypted for.',
          'recipients:',
          ...recipients.map((one) => `  - ${JSON.stringify(one)}`),
        ]
      : []),
    '',
    '# The certificate authority of the fleet.',
    'ca:',
    '  certificate: |',
    indented(ca.certificate),
    '  key: |',
    indented(ca.key),
    '',
  ].join('\n');
}

function indented(pem: string): string {
  return pem.trimEnd().replace(/^/gm, '    ');
}
