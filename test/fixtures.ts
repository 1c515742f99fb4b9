import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initSecrets } from '../src/secrets/index.ts';

/** Root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** An inventory of examples/ by its folder. */
export function example(name: string): string {
  return join(root, 'examples', name, 'inventory.yaml');
}

/** Runs `use` with a folder of its own, which is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A fleet's secrets with a master that is known, so that what is derived from it is too. */
let known: Promise<string> | undefined;

/** Writes a secrets file whose master is 32 times the byte 7, and gives its path. */
export async function knownSecrets(folder: string, overrides: Record<string, string> = {}): Promise<string> {
  known ??= withFolder(async (maker) => {
    await initSecrets(join(maker, 'secrets.yaml'), { fleet: 'test' });
    return readFileSync(join(maker, 'secrets.yaml'), 'utf8');
  });
  const master = Buffer.alloc(32, 7).toString('base64');
  const text = (await known).replace(/^master: .*$/m, `master: ${master}`);
  const lines = Object.entries(overrides).map(([label, value]) => `  ${label}: ${JSON.stringify(value)}\n`);
  const file = join(folder, 'secrets.yaml');
  const own = lines.length > 0 ? `overrides:\n${lines.join('')}` : 'overrides: {}\n';
  writeFileSync(
    file,
    text.replace('overrides: {}\n', () => own),
    { mode: 0o600 },
  );
  return file;
}
