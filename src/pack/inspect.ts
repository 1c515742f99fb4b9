import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { FILE_MODE, FOLDER_MODE } from './host-folder.ts';
import type { ManifestHost, Stamp } from './manifest.ts';

/** How a host's folder stands against the manifest: names of files, sorted. */
export interface Inspected {
  right: string[];
  /** Not the bytes that were written. */
  edited: string[];
  missing: string[];
  /** The right bytes, but others may read or write them. */
  open: string[];
  /** What this program did not write. */
  foreign: string[];
  /** Whether a stamp was missing or did not fit. */
  stale: boolean;
}

/**
 * Compares a host's folder with what was written into it. A file whose size and time are those of its stamp
 * counts as unread and right; without stamps every file is read. Synchronous, because thousands of these are
 * several times as fast so.
 */
export function inspectHost(
  folder: string,
  { files }: Pick<ManifestHost, 'files'>,
  stamps: Record<string, Stamp> = {},
): Inspected {
  const found: Inspected = { right: [], edited: [], missing: [], open: [], foreign: [], stale: false };
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat && !stat.isDirectory()) return { ...found, foreign: ['.'] };
  if (stat && (stat.mode & 0o777) !== FOLDER_MODE) found.open.push('.');
  const names = new Set(stat ? readdirSync(folder).sort() : []);
  for (const [name, digest] of Object.entries(files)) {
    if (!names.delete(name)) {
      found.missing.push(name);
      continue;
    }
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (!stat.isFile()) found.foreign.push(name);
    else if (!fits(stat, stamps[name], digest) && sha256(readFileSync(path)) !== digest)
      found.edited.push(name);
    else if ((stat.mode & 0o777) !== FILE_MODE) found.open.push(name);
    else found.right.push(name);
  }
  found.foreign.push(...names);
  return found;
}

/** The stamp of a file that holds what `digest` says. */
export function stampOf(path: string, digest: string): Stamp {
  const { size, mtimeMs } = lstatSync(path);
  return [size, mtimeMs, digest.slice(0, 16)];
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function fits({ size, mtimeMs }: Stats, stamp: Stamp | undefined, digest: string): boolean {
  return stamp !== undefined && stamp[0] === size && stamp[1] === mtimeMs && digest.startsWith(stamp[2]);
}
