import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { secretValues } from './derive.ts';
import type { Secrets } from './schema.ts';
import type { Secret } from './secret.ts';

/** Secrets are derived by this label; `secrets rotate` knows it. */
export const SIGNER = 'seed-signature';
/** What a signature is for, so that one key's signatures of other things mean nothing here. */
const NAMESPACE = 'stackseed-seed';
const MAGIC = Buffer.from('SSHSIG');
const HASH = 'sha512';
/** An Ed25519 key in PKCS #8 is these bytes and 32 of its own (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The fleet's signature of a text, as `ssh-keygen -Y verify` takes it (OpenSSH, PROTOCOL.sshsig). Ed25519: the same
 * text always gives the same bytes. After a rotation it is by the key from before, which all hosts know, until the next.
 */
export function signText(secrets: Secrets, text: string): string {
  const [{ key, blob }] = signers(secrets);
  const signed = Buffer.concat([
    MAGIC,
    packed(NAMESPACE),
    packed(''),
    packed(HASH),
    packed(createHash(HASH).update(text).digest()),
  ]);
  const body = Buffer.concat([
    MAGIC,
    Buffer.from([0, 0, 0, 1]),
    packed(blob),
    packed(NAMESPACE),
    packed(''),
    packed(HASH),
    packed(Buffer.concat([packed('ssh-ed25519'), packed(sign(null, signed, key))])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

/** The lines by which ssh-keygen knows who may sign the fleet's seeds (ssh-keygen(1), ALLOWED SIGNERS). */
export function signerLines(secrets: Secrets, fleet: string): string[] {
  return signers(secrets).map(
    ({ blob }) => `${fleet} namespaces="${NAMESPACE}" ssh-ed25519 ${blob.toString('base64')}`,
  );
}

interface Signer {
  key: KeyObject;
  /** Its public part as SSH has it. */
  blob: Buffer;
}

type Signers = [signs: Signer, ...taken: Signer[]];

/** Every host asks for them. */
const known = new WeakMap<Secrets, Signers>();

function signers(secrets: Secrets): Signers {
  const made = known.get(secrets) ?? makeSigners(secrets);
  known.set(secrets, made);
  return made;
}

function makeSigners(secrets: Secrets): Signers {
  const [signs, ...taken] = secretValues(secrets, SIGNER, { format: 'hex', overlaps: true });
  return [makeSigner(signs), ...taken.map(makeSigner)];
}

function makeSigner(value: Secret): Signer {
  const seed = Buffer.from(value.reveal(), 'hex');
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { key, blob: Buffer.concat([packed('ssh-ed25519'), packed(Buffer.from(x, 'base64url'))]) };
}

/** Bytes with their number before them, as SSH has them. */
function packed(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
