import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeAtomic } from '../pack/index.ts';
import type { TreeTexts } from './types.ts';

/** Everybody may read the tree, the servers above all; what is secret in it has modes of its own. */
export const OPEN_FOLDER = 0o755;
export const OPEN_FILE = 0o644;

/** Makes a folder and those above it; one that is there stays as it is. The umask does not count. */
export async function makeFolder(path: string, mode = OPEN_FOLDER): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
  await chmod(path, mode);
}

/** Writes texts into the tree, each whole; one that is right already is left alone. Returns the paths written. */
export async function writeTexts(folder: string, texts: TreeTexts): Promise<string[]> {
  const written: string[] = [];
  for (const [path, text] of texts) {
    const target = join(folder, path);
    const present = await readFile(target, 'utf8').catch(() => undefined);
    if (present === text) continue;
    await makeFolder(dirname(target));
    await writeAtomic(target, text, OPEN_FILE);
    written.push(path);
  }
  return written;
}
