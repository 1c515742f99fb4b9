import { randomBytes, webcrypto } from 'node:crypto';

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 3072,
};
const YEARS = 20;
const DAY = 24 * 60 * 60 * 1000;

/**
 * Makes a certificate authority, the one thing that cannot be derived from the master: both parts in PEM, the
 * key as PKCS #8. It is RSA with PKCS #1 v1.5 because such a signature of the same certificate is always the
 * same bytes, so certificates that it signs need not be stored. Another one has another name, so that programs that look
 * for a signer by its name find the right one.
 */
export async function makeAuthority(
  fleet: string,
  now: Date,
  which: 'first' | 'another' = 'first',
): Promise<{ key: string; certificate: string }> {
  // Loaded here, because it takes 0.2 s and only the first run of a fleet needs it; it wants the polyfill first.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const usage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
  // From 1970, because a machine whose clock is not set boots in that year, and must trust its peers to set it.
  const notBefore = new Date(0);
  const notAfter = new Date(Math.floor(now.getTime() / DAY) * DAY);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS);
  const serial = randomBytes(15).toString('hex');
  const name = which === 'first' ? `${fleet} CA` : `${fleet} CA ${serial.slice(0, 8)}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // Positive, and never empty.
    serialNumber: `01${serial}`,
    name: [{ CN: [name] }, { O: ['stackseed'] }],
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
    certificate: `${certificate.toString('pem')}\n`,
  };
}
