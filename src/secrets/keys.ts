import { readFile } from 'node:fs/promises';
import type { Keys } from './age.ts';
import { secretsProblem } from './problem.ts';
import { Secret } from './secret.ts';

/**
 * What opens an encrypted secrets file, from the environment: STACKSEED_PASSPHRASE, else the first line of the
 * file that STACKSEED_PASSPHRASE_FILE names; and the secret keys in the file that STACKSEED_AGE_IDENTITY names,
 * as age-keygen writes it. Never from the command line, which everybody on the machine can read.
 * @throws FindingsError when a file cannot be read
 */
export async function keysFromEnvironment(env: NodeJS.ProcessEnv): Promise<Keys> {
  const keys: Keys = {};
  const passphrase = env['STACKSEED_PASSPHRASE'] || (await firstLine(env, 'STACKSEED_PASSPHRASE_FILE'));
  if (passphrase) keys.passphrase = new Secret(passphrase);
  const identities = (await contentOf(env, 'STACKSEED_AGE_IDENTITY'))
    ?.split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (identities) keys.identities = identities.map((line) => new Secret(line));
  return keys;
}

async function firstLine(env: NodeJS.ProcessEnv, variable: string): Promise<string | undefined> {
  return (await contentOf(env, variable))?.split(/\r?\n/, 1)[0];
}

async function contentOf(env: NodeJS.ProcessEnv, variable: string): Promise<string | undefined> {
  const file = env[variable];
  if (!file) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw secretsProblem(
      'secrets-key-unreadable',
      `cannot read ${file}`,
      `set ${variable} to a file that you can read`,
    );
  }
}
