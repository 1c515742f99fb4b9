import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { checkSchema } from '../document/check-schema.ts';
import { parseYaml } from '../document/read-yaml.ts';
import type { Document } from '../document/types.ts';
import type { Finding } from '../report/finding.ts';
import { decrypt, isEncrypted, type Keys, wantsPassphrase } from './age.ts';
import { maskFinding } from './mask.ts';
import { type Secrets, secretsSchema, toSecrets } from './schema.ts';

/**
 * Reads secrets.yaml, or the same encrypted by age. What is wrong with it is found, never thrown; no finding
 * repeats a value. Without errors `secrets` is there.
 */
export async function readSecrets(
  file: string,
  keys: Keys = {},
): Promise<{ secrets?: Secrets; findings: Finding[] }> {
  const opened = await openSecrets(file, keys);
  if (opened.text === undefined) return { findings: opened.findings };
  const { secrets, findings } = parseSecrets(file, opened.text);
  return { ...(secrets && { secrets }), findings: [...opened.findings, ...findings] };
}

/** Plain text of the file, decrypted where need be. */
export async function openSecrets(
  file: string,
  keys: Keys,
): Promise<{ text?: string; encrypted: boolean; findings: Finding[] }> {
  let text: string;
  let mode: number;
  try {
    text = await readFile(file, 'utf8');
    mode = (await stat(file)).mode;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { encrypted: false, findings: [unreadable(file, code)] };
  }
  if (!isEncrypted(text)) {
    const open = (mode & 0o077) !== 0;
    return { text, encrypted: false, findings: open ? [tooOpen(file, mode)] : [] };
  }
  const plain = await decrypt(text, keys);
  if (plain === undefined) return { encrypted: true, findings: [locked(file, text, keys)] };
  return { text: plain, encrypted: true, findings: [] };
}

export function parseSecrets(file: string, text: string): { secrets?: Secrets; findings: Finding[] } {
  const document = parseYaml(file, text);
  const checked = checkSchema(document, secretsSchema);
  const findings = [...document.findings, ...checked.findings];
  if (checked.value) findings.push(...checkAuthorities(document, checked.value.ca));
  const failed = findings.some(({ severity }) => severity === 'error') || !checked.value;
  return {
    ...(checked.value && !failed && { secrets: toSecrets(file, checked.value) }),
    findings: findings.map(maskFinding),
  };
}

interface Authority {
  key: string;
  certificate: string;
}

function checkAuthorities(
  document: Document,
  ca: Authority & { next?: Authority | undefined; before?: string | undefined },
): Finding[] {
  const before = ca.before !== undefined && !isCertificate(ca.before);
  return [
    ...checkAuthority(document, ['ca'], ca),
    ...(ca.next ? checkAuthority(document, ['ca', 'next'], ca.next) : []),
    ...(before ? [damaged(document, ['ca', 'before'], 'not a certificate')] : []),
  ];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

function damaged(document: Document, path: string[], message: string): Finding {
  const place = document.locate(path, 'key');
  const hint = 'take the file from a copy that is whole';
  return {
    severity: 'error',
    code: 'secrets-ca',
    path: path.join('.'),
    message,
    hint,
    ...(place && { place }),
  };
}

function checkAuthority(document: Document, path: string[], ca: Authority): Finding[] {
  const problem = (key: 'key' | 'certificate', message: string): Finding[] => [
    damaged(document, [...path, key], message),
  ];
  try {
    if (createPrivateKey(ca.key).asymmetricKeyType !== 'rsa')
      return problem('key', 'not an RSA key: only what that signs is the same bytes each time');
  } catch {
    return problem('key', 'not a private key');
  }
  try {
    const fits = new X509Certificate(ca.certificate).checkPrivateKey(createPrivateKey(ca.key));
    return fits ? [] : problem('key', 'not the key of the certificate beside it');
  } catch {
    return problem('certificate', 'not a certificate');
  }
}

function unreadable(file: string, code: string): Finding {
  const base = { severity: 'error', path: '' } as const;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return {
      ...base,
      code: 'secrets-missing',
      message: `${file} does not exist`,
      hint:
        'make it by `stackseed secrets init`; if the fleet has one already, put that back: another master makes ' +
        'other secrets, and running hosts would not accept them',
    };
  const why = code === 'EACCES' ? 'permission denied' : code === 'EISDIR' ? 'it is a folder' : code;
  return {
    ...base,
    code: 'secrets-unreadable',
    message: `cannot read ${file}: ${why}`,
    hint: 'run as its owner',
  };
}

function tooOpen(file: string, mode: number): Finding {
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return {
    severity: 'warning',
    code: 'secrets-mode',
    path: '',
    message: `${file} has mode ${octal}: others than its owner can get at the secrets of the fleet`,
    hint: `chmod 600 ${file}`,
  };
}

function locked(file: string, text: string, keys: Keys): Finding {
  const finding = { severity: 'error', code: 'secrets-locked', path: '' } as const;
  const again = 'check what is set, and whether the file is whole';
  if (wantsPassphrase(text))
    return keys.passphrase
      ? { ...finding, message: `the passphrase does not open ${file}`, hint: again }
      : {
          ...finding,
          message: `${file} is encrypted with a passphrase`,
          hint: 'set STACKSEED_PASSPHRASE, or STACKSEED_PASSPHRASE_FILE to a file that holds it',
        };
  return keys.identities?.length
    ? { ...finding, message: `no secret key that was given opens ${file}`, hint: again }
    : {
        ...finding,
        message: `${file} is encrypted for the owner of a secret key`,
        hint: 'set STACKSEED_AGE_IDENTITY to the file with your age identity',
      };
}
