import { armor, Decrypter, Encrypter } from 'age-encryption';
import type { Secret } from './secret.ts';

const FIRST_LINE = '-----BEGIN AGE ENCRYPTED FILE-----';

/** What opens an encrypted file: a passphrase, or secret keys (`AGE-SECRET-KEY-1…`). */
export interface Keys {
  passphrase?: Secret;
  identities?: readonly Secret[];
}

/** Who may open an encrypted file: those with the passphrase, or the owners of public keys (`age1…`). */
export type Lock = { passphrase: Secret } | { recipients: readonly string[] };

export function isEncrypted(text: string): boolean {
  return text.trimStart().startsWith(FIRST_LINE);
}

/** Whether a passphrase opens it; else it takes a secret key. */
export function wantsPassphrase(text: string): boolean {
  try {
    // The header of an age file is text, and a passphrase's stanza is the only one in it.
    return Buffer.from(armor.decode(text)).toString('latin1', 0, 200).includes('\n-> scrypt ');
  } catch {
    return false;
  }
}

/** @throws Error when a recipient is not one; the message does not repeat it */
export async function encrypt(text: string, lock: Lock): Promise<string> {
  const encrypter = new Encrypter();
  if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase.reveal());
  else for (const recipient of lock.recipients) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}

/** Undefined when none of the keys opens it, or it is damaged: age does not tell these apart for a passphrase. */
export async function decrypt(text: string, keys: Keys): Promise<string | undefined> {
  try {
    const decrypter = new Decrypter();
    if (keys.passphrase) decrypter.addPassphrase(keys.passphrase.reveal());
    for (const identity of keys.identities ?? []) decrypter.addIdentity(identity.reveal());
    return await decrypter.decrypt(armor.decode(text), 'text');
  } catch {
    return undefined;
  }
}
