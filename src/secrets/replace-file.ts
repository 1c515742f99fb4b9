import { link, lstat, open, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { secretsProblem } from './problem.ts';

/** Milliseconds after which a file beside is a killed run's: writing one takes seconds at most. */
const LEFTOVER = 60_000;

/**
 * Writes a file as a whole, mode 0600. The file beside it that becomes the new one is also the lock: it is
 * made before `content` is called, which reads the old one, so that no two runs undo each other's changes.
 * @param how "create" never replaces what is there
 * @throws FindingsError when it exists already, or another run is writing it
 */
export async function replaceFile(
  path: string,
  how: 'create' | 'replace',
  content: () => Promise<string>,
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.new`);
  await removeLeftover(beside);
  const file = await open(beside, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? busy(path, beside) : unwritable(path, error);
  });
  try {
    try {
      await file.chmod(0o600);
      await file.writeFile(await content());
      await file.sync();
    } finally {
      await file.close();
    }
    if (how === 'replace') await rename(beside, path);
    else await createAs(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
}

/** A second name for the finished file: unlike a rename this fails where there is one of that name. */
async function createAs(beside: string, path: string): Promise<void> {
  await link(beside, path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? exists(path) : unwritable(path, error);
  });
  await unlink(beside);
}

async function removeLeftover(beside: string): Promise<void> {
  const found = await lstat(beside).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs > LEFTOVER) await rm(beside, { force: true });
}

export function exists(path: string): Error {
  return secretsProblem(
    'secrets-exist',
    `${path} exists already and is not overwritten`,
    'a fleet keeps its secrets; to replace one of them, run `stackseed secrets rotate LABEL`',
  );
}

function busy(path: string, beside: string): Error {
  return secretsProblem(
    'secrets-busy',
    `another run is writing ${path}`,
    `wait for its end; after a run that was killed, remove ${beside}`,
  );
}

function unwritable(path: string, error: NodeJS.ErrnoException): Error {
  const why =
    error.code === 'EACCES' ? 'permission denied' : error.code === 'ENOENT' ? 'no such folder' : error.code;
  return secretsProblem(
    'secrets-unwritable',
    `cannot write ${path}: ${why}`,
    'make the folder, or choose another',
  );
}
