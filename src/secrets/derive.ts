import { hkdfSync } from 'node:crypto';
import { FindingsError } from '../report/finding.ts';
import type { Secrets } from './schema.ts';
import { Secret } from './secret.ts';

export type SecretFormat = 'hex' | 'base64' | 'base64url' | 'password';

export interface SecretScope {
  /** The host that it is for; absent where all hosts have the same. */
  host?: string;
  format: SecretFormat;
  /** The secret of this rotation, whatever the present one is; overrides count all the same. */
  rotation?: number;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const PASSWORD_LENGTH = 32;

/** What a value of the operator's own may hold, so that it fits wherever a derived one of that format does. */
const FORMS: Record<SecretFormat, { form: RegExp; words: string }> = {
  hex: { form: /^(?:[0-9a-f]{2})+$/, words: 'pairs of hexadecimal digits in lower case' },
  base64: { form: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, words: 'base64' },
  base64url: { form: /^[A-Za-z0-9_-]+$/, words: 'base64url without padding' },
  password: { form: /^[A-Za-z0-9._~-]+$/, words: 'letters, digits and . _ ~ -' },
};

/**
 * A secret by its label: HKDF-SHA256 (RFC 5869, no salt) of the master with the info
 * `stackseed/1/LABEL/HOST/ROTATION`, HOST empty for the whole fleet. Neither label nor host may hold a slash,
 * so two secrets never share an info. Changing any of this changes the secrets of every fleet.
 *
 * An override of `LABEL@HOST` goes before one of `LABEL`, and both before what is derived.
 * @throws FindingsError when an override does not fit the format
 */
export function deriveSecret(secrets: Secrets, label: string, scope: SecretScope): Secret {
  const { host, format, rotation = secrets.rotations.get(label) ?? 0 } = scope;
  for (const part of [label, host ?? ''])
    if (/[/@]/.test(part)) throw new Error(`not part of a secret's name: ${JSON.stringify(part)}`);
  if (label === '') throw new Error('a secret without a label');
  const keys = host === undefined ? [label] : [`${label}@${host}`, label];
  for (const key of keys) {
    const override = secrets.overrides.get(key);
    if (override) return fitting(override, key, format, secrets.file);
  }
  const info = `stackseed/1/${label}/${host ?? ''}/${rotation}`;
  const key = Buffer.from(secrets.master.reveal(), 'base64');
  const expand = (length: number) => Buffer.from(hkdfSync('sha256', key, '', info, length));
  return new Secret(format === 'password' ? password(expand) : expand(32).toString(format));
}

/** Whether two values of it are taken while hosts get their seeds after a rotation: the rule of the component says so. */
export interface SecretValues extends Omit<SecretScope, 'rotation'> {
  overlaps?: boolean;
}

/**
 * What is shown for a secret, and behind it what is taken as well. Where it overlaps and was rotated that is the value
 * from before the last rotation, and then the present one: whoever has not been brought its seed yet knows the first,
 * and the next rotation, when all have theirs, shows the second and refuses the first.
 * @throws FindingsError as deriveSecret
 */
export function secretValues(
  secrets: Secrets,
  label: string,
  { overlaps = false, ...scope }: SecretValues,
): [shown: Secret, ...taken: Secret[]] {
  const present = deriveSecret(secrets, label, scope);
  const rotation = secrets.rotations.get(label) ?? 0;
  if (!overlaps || rotation === 0) return [present];
  const before = deriveSecret(secrets, label, { ...scope, rotation: rotation - 1 });
  return before.reveal() === present.reveal() ? [present] : [before, present];
}

/**
 * The account that a password belongs to, where whoever checks it takes one password of each: `NAME`, and `NAME-2` in
 * every other rotation. The other account keeps the password from before, for hosts that have the old seed, until the
 * next rotation gives it another one.
 */
export function accountName(secrets: Secrets, label: string, name: string): string {
  return (secrets.rotations.get(label) ?? 0) % 2 === 0 ? name : `${name}-2`;
}

/** Bytes at or above the last multiple of 62 are left out: with them some letters would come up more often. */
function password(expand: (length: number) => Buffer): string {
  const limit = 256 - (256 % LETTERS.length);
  // Of 128 bytes 124 are below the limit; that fewer than 32 are will not happen.
  const letters = [...expand(128)]
    .filter((byte) => byte < limit)
    .map((byte) => LETTERS[byte % LETTERS.length]);
  if (letters.length < PASSWORD_LENGTH) throw new Error('too few bytes for a password');
  return letters.slice(0, PASSWORD_LENGTH).join('');
}

function fitting(value: Secret, key: string, format: SecretFormat, file: string): Secret {
  const { form, words } = FORMS[format];
  if (form.test(value.reveal())) return value;
  throw new FindingsError([
    {
      severity: 'error',
      code: 'secret-override-form',
      path: `overrides.${key}`,
      message: `the value in ${file} does not have the form of this secret`,
      hint: `write ${words}`,
    },
  ]);
}
