/** The secrets of a fleet: secrets.yaml, and what is derived from it. */
export type { Keys, Lock } from './age.ts';
export { type CertificateScope, makeCertificate } from './certificate.ts';
export { accountName, deriveSecret, type SecretFormat, type SecretScope, secretValues } from './derive.ts';
export { fingerprint } from './fingerprint.ts';
export { keysFromEnvironment } from './keys.ts';
export { readSecrets } from './read.ts';
export type { Secrets } from './schema.ts';
export { Secret } from './secret.ts';
export { signerLines, signText } from './signature.ts';
export {
  type AuthorityStage,
  type InitOptions,
  initSecrets,
  rotateAuthority,
  rotateSecret,
} from './write.ts';
