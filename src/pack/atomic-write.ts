import { open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

/**
 * Replaces a file as a whole: whoever reads `path`, also after a power cut, finds the old content or the new.
 * The new one is written beside it under a name with this run's id; what dead runs left there is removed.
 */
export async function writeAtomic(
  path: string,
  content: string | Buffer | Readable,
  mode = 0o600,
): Promise<void> {
  const folder = dirname(path);
  await removeLeftovers(folder, basename(path));
  const beside = join(folder, `.${basename(path)}.${process.pid}.new`);
  try {
    await writeNew(beside, content, mode);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Writes a file that must not exist yet, and has it on the disk when it returns. The umask does not count. */
export async function writeNew(
  path: string,
  content: string | Buffer | Readable,
  mode = 0o600,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await writeFile(file, content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Has the names in a folder on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`.${name}.`) || !entry.endsWith('.new')) continue;
    const pid = entry.slice(name.length + 2, -'.new'.length);
    if (/^[1-9][0-9]*$/.test(pid) && (Number(pid) === process.pid || !isRunning(Number(pid))))
      await rm(join(folder, entry), { force: true });
  }
}

/** Whether a process of that number exists, whosever it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
