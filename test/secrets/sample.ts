import { type Keys, readSecrets, Secret, type Secrets } from '../../src/secrets/index.ts';

/** Secrets whose master is the bytes 0 to 31, with what a test adds. */
export function sample(
  overrides: Record<string, string> = {},
  rotations: Record<string, number> = {},
): Secrets {
  return {
    file: 'secrets.yaml',
    master: new Secret('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='),
    rotations: new Map(Object.entries(rotations)),
    overrides: new Map(Object.entries(overrides).map(([key, text]) => [key, new Secret(text)])),
    recipients: [],
    ca: { key: new Secret('key'), certificate: 'certificate', trusted: 'certificate' },
  };
}

/** Secrets of a file that must be without fault. */
export async function readWhole(file: string, keys?: Keys): Promise<Secrets> {
  const { secrets, findings } = await readSecrets(file, keys);
  if (!secrets || findings.length > 0) throw new Error(JSON.stringify(findings));
  return secrets;
}
