import { lstatSync, readFileSync } from 'node:fs';
import { lstat, readdir, readFile, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tree } from '../render/tree.ts';
import { outProblem } from './problem.ts';

export const ISO_NAME = 'seed.iso';

/** Of a host's seed. */
export const SEED_FILES = ['user-data', 'meta-data', 'network-config', 'seed.sums', 'seed.sums.sig'];

/** What its installer is told. */
export const INSTALLER_FILES = [
  'installer.json',
  'preseed.cfg',
  'install.env',
  'early.sh',
  'late.sh',
  'autoinstall.yaml',
];

/** Every file that is ever written into a host's folder. Nothing else in there is touched. */
export const HOST_FILES = [...SEED_FILES, ...INSTALLER_FILES, ISO_NAME];

export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** A set-group-id bit that a folder hands down does not count. */
const PERMISSIONS = 0o777;

export interface HostFile {
  content: Buffer;
  mode: number;
}

export interface HostFolder {
  mode: number;
  files: Map<string, HostFile>;
}

/** Checked again here, although the inventory's reader did: it becomes a path. */
export function isHostName(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name);
}

/**
 * Reads a host's folder without following a link; undefined where there is none.
 * @throws FindingsError when there is anything that this program does not write
 */
export async function readHostFolder(path: string): Promise<HostFolder | undefined> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found) return undefined;
  if (!found.isDirectory()) throw foreign(path, [path]);
  const files = new Map<string, HostFile>();
  const others: string[] = [];
  for (const entry of (await readdir(path)).sort()) {
    const file = join(path, entry);
    const stat = await lstat(file);
    if (!HOST_FILES.includes(entry) || !stat.isFile()) others.push(file);
    else files.set(entry, { content: await readFile(file), mode: stat.mode & PERMISSIONS });
  }
  if (others.length > 0) throw foreign(path, others);
  return { mode: found.mode & PERMISSIONS, files };
}

/** The files of a seed as they lie in a host's folder, without the image; undefined where there is no folder. */
export function readHostTree(path: string): Tree | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const names = HOST_FILES.filter((name) => name !== ISO_NAME);
  const files = names.filter((name) => lstatSync(join(path, name), { throwIfNoEntry: false })?.isFile());
  return new Map(files.map((name) => [name, { content: readFileSync(join(path, name)), mode: '0600' }]));
}

/** Removes a host's folder by the names of its files, so that nothing of the user's can go with it. */
export async function removeFolder(path: string): Promise<void> {
  for (const name of HOST_FILES) {
    await unlink(join(path, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await rmdir(path).catch(async (error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOTEMPTY' ? foreign(path, [path]) : error;
  });
}

function foreign(folder: string, paths: string[]): Error {
  const named = paths.slice(0, 3).join(', ') + (paths.length > 3 ? `, and ${paths.length - 3} more` : '');
  return outProblem(
    'out-foreign-file',
    `${folder} is left as it is, because stackseed did not write ${named}`,
    'move it away and run again',
  );
}
