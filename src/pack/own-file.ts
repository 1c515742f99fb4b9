import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FindingsError } from '../report/finding.ts';

/** How a file of ours begins; certificates say it by themselves. */
const MARK = /^(# Written by stackseed|-----BEGIN CERTIFICATE-----)/;

/**
 * Writes a file that only the user may read, in one step. False when it was the same.
 * @throws FindingsError when a file is there that was not written by stackseed
 */
export async function putOwnFile(path: string, content: string | Buffer): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (before === String(content)) return false;
  if (before !== undefined && !MARK.test(before)) throw new FindingsError([notOurs(path)]);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = join(dirname(path), `.${path.split('/').at(-1)}.new`);
  await writeFile(beside, content, { mode: 0o600 });
  await chmod(beside, 0o600);
  await rename(beside, path);
  return true;
}

function notOurs(path: string) {
  return {
    severity: 'error' as const,
    code: 'file-exists',
    path: '',
    message: `${path} is there, and was not written by stackseed`,
    hint: 'move it away, or choose another folder with --out',
  };
}
