import {
  createECDH,
  createHash,
  createPrivateKey,
  hkdfSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import * as der from './der.ts';
import type { Secrets } from './schema.ts';
import { Secret } from './secret.ts';

export interface CertificateScope {
  /** The host that it is for; its common name. */
  host: string;
  /** DNS names and IPv4 addresses that it is good for. */
  names: string[];
  addresses: string[];
}

/** Order of the group of P-256 (SEC 2, 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Object identifiers: RFC 5280, RFC 5480 and RFC 4055. */
const OID = {
  sha256WithRsa: '1.2.840.113549.1.1.11',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/**
 * A certificate for both ends of a connection, signed by the fleet's authority, and its key, both in PEM. The
 * same secrets and scope always give the same bytes, so neither is stored: the key is P-256, derived by HKDF
 * with the info `stackseed/certificate/1/LABEL/HOST/ROTATION`; a PKCS #1 v1.5 signature has nothing random; the
 * serial number is a digest of the rest. It is valid from 1970, because a machine whose clock is not set boots
 * in that year, to the end of the authority's own.
 */
export function makeCertificate(
  secrets: Secrets,
  label: string,
  scope: CertificateScope,
): { certificate: string; key: Secret } {
  const signer = signerOf(secrets);
  const key = keyPair(secrets, label, scope.host);
  const body = (serial: Buffer) =>
    der.sequence(
      der.explicit(0, der.integer(Buffer.from([2]))),
      serial,
      algorithm(),
      signer.subject,
      der.sequence(der.utcTime('700101000000Z'), signer.notAfter),
      name(scope.host),
      key.spki,
      der.explicit(3, der.sequence(...extensions(scope, key.spki, signer.keyId))),
    );
  const rest = createHash('sha256')
    .update(signer.whole)
    .update(body(Buffer.alloc(0)))
    .digest();
  const serial = der.integer(Buffer.concat([Buffer.from([1]), rest.subarray(0, 15)]));
  const signed = body(serial);
  const signature = sign('sha256', signed, signer.key);
  return {
    certificate: pem('CERTIFICATE', der.sequence(signed, algorithm(), der.bits(signature))),
    key: new Secret(key.pem),
  };
}

function algorithm(): Buffer {
  return der.sequence(der.oid(OID.sha256WithRsa), der.element(0x05));
}

function name(host: string): Buffer {
  const part = (id: string, text: string) => der.set(der.sequence(der.oid(id), der.utf8(text)));
  return der.sequence(part(OID.commonName, host), part(OID.organization, 'stackseed'));
}

function extensions({ names, addresses }: CertificateScope, spki: Buffer, authority?: Buffer): Buffer[] {
  const extension = (id: string, value: Buffer, critical = false) =>
    der.sequence(der.oid(id), ...(critical ? [der.yes] : []), der.octets(value));
  const alternatives = [
    ...names.map((one) => der.implicit(2, Buffer.from(one))),
    ...addresses.map((one) => der.implicit(7, Buffer.from(one.split('.').map(Number)))),
  ];
  const digitalSignature = der.bits(Buffer.from([0x80]), 7);
  return [
    extension(OID.basicConstraints, der.sequence(), true),
    // Not critical: else libvirt and QEMU want key encipherment of it, which a key on a curve has no use for (RFC 5480, 3).
    extension(OID.keyUsage, digitalSignature),
    extension(OID.extendedKeyUsage, der.sequence(der.oid(OID.serverAuth), der.oid(OID.clientAuth))),
    extension(OID.subjectKey, der.octets(keyIdentifier(spki))),
    ...(authority ? [extension(OID.authorityKey, der.sequence(der.implicit(0, authority)))] : []),
    extension(OID.subjectAltName, der.sequence(...alternatives)),
  ];
}

/** SHA-1 of the public key's bits: RFC 5280, 4.2.1.2, method 1. It identifies, and secures nothing. */
function keyIdentifier(spki: Buffer): Buffer {
  const [, key] = der.elements(der.elements(spki)[0]?.content ?? spki);
  return createHash('sha1')
    .update((key?.content ?? spki).subarray(1))
    .digest();
}

/** The private key is uniform but for 2^-128: 384 bits modulo the order (FIPS 186-5, A.2.1). */
function keyPair(secrets: Secrets, label: string, host: string): { pem: string; spki: Buffer } {
  if (/[/@]/.test(label + host) || label === '' || host === '') throw new Error(`no name: ${label}, ${host}`);
  const info = `stackseed/certificate/1/${label}/${host}/${secrets.rotations.get(label) ?? 0}`;
  const master = Buffer.from(secrets.master.reveal(), 'base64');
  const seed = BigInt(`0x${Buffer.from(hkdfSync('sha256', master, '', info, 48)).toString('hex')}`);
  const scalar = Buffer.from(((seed % (ORDER - 1n)) + 1n).toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(scalar);
  const point = curve.getPublicKey();
  const text = (bytes: Buffer) => bytes.toString('base64url');
  const [x, y] = [text(point.subarray(1, 33)), text(point.subarray(33))];
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: text(scalar), x, y }, format: 'jwk' });
  const id = der.sequence(der.oid('1.2.840.10045.2.1'), der.oid('1.2.840.10045.3.1.7'));
  return {
    pem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    spki: der.sequence(id, der.bits(point)),
  };
}

interface Signer {
  key: KeyObject;
  /** The authority's certificate, its subject and the end of its validity as they stand in it. */
  whole: Buffer;
  subject: Buffer;
  notAfter: Buffer;
  keyId?: Buffer;
}

const signers = new WeakMap<Secrets, Signer>();

function signerOf(secrets: Secrets): Signer {
  const known = signers.get(secrets) ?? readSigner(secrets);
  signers.set(secrets, known);
  return known;
}

/** Certificate ::= { { [0] version, serial, algorithm, issuer, validity, subject, spki, … }, … }: RFC 5280, 4.1. */
function readSigner({ ca }: Secrets): Signer {
  const whole = new X509Certificate(ca.certificate).raw;
  const parts = der.elements(der.elements(der.elements(whole)[0]?.content ?? whole)[0]?.content ?? whole);
  const fields = parts.filter(({ tag }) => tag !== 0xa0);
  const [, , , validity, subject] = fields;
  const notAfter = validity && der.elements(validity.content)[1];
  if (!subject || !notAfter) throw new Error('not a certificate of version 3');
  const keyId = subjectKey(parts.find(({ tag }) => tag === 0xa3)?.content);
  return {
    key: createPrivateKey(ca.key.reveal()),
    whole,
    subject: subject.whole,
    notAfter: notAfter.whole,
    ...(keyId && { keyId }),
  };
}

function subjectKey(extensions: Buffer | undefined): Buffer | undefined {
  const list = extensions && der.elements(extensions)[0];
  const wanted = der.oid(OID.subjectKey);
  for (const one of list ? der.elements(list.content) : []) {
    const [id, ...values] = der.elements(one.content);
    const value = values.at(-1);
    if (id?.whole.equals(wanted) && value) return der.elements(value.content)[0]?.content;
  }
  return undefined;
}

function pem(kind: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${kind}-----\n${lines.join('\n')}\n-----END ${kind}-----\n`;
}
