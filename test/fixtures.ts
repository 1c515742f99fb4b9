import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** Writes a secrets file whose master is known, so that what is derived from it is too. */
export function knownSecrets(folder: string, overrides: Record<string, string> = {}): string {
  const file = join(folder, 'secrets.yaml');
  const master = Buffer.alloc(32, 7).toString('base64');
  const lines = Object.entries(overrides).map(
    ([label, value]) => `  ${JSON.stringify(label)}: ${JSON.stringify(value)}\n`,
  );
  const body = lines.length > 0 ? `overrides:\n${lines.join('')}` : '';
  writeFileSync(file, `version: 1\nmaster: ${master}\n${body}`, { mode: 0o600 });
  return file;
}
