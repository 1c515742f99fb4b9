import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import { TarArchive, ZipArchive } from 'archiver';
import type { Tree } from '../render/tree.ts';
import { writeAtomic } from './atomic-write.ts';
import { explainSystemError } from './problem.ts';

const DATE = new Date('2000-01-01T00:00:00Z');

/** Endings of archives that can be written. */
export const ARCHIVES = ['.tar.gz', '.tgz', '.zip'] as const;

/** What sha256sum -c reads, at the root of each archive. */
export const CHECKSUMS = 'SHA256SUMS';

/** The ending of a name that says what kind of archive it is; undefined where it does not. */
export function archiveKind(name: string): (typeof ARCHIVES)[number] | undefined {
  return ARCHIVES.find((ending) => name.endsWith(ending) && basename(name) !== ending);
}

/**
 * Writes seeds into one archive, zip or gzipped tar by its name, `HOST/FILE` and SHA256SUMS, and the same seeds
 * always as the same bytes: sorted, one date for all, owned by root, files 0600 in folders 0700. The archive
 * itself is 0600 and appears whole. Gives its own SHA-256, hex.
 */
export async function writeArchive(target: string, seeds: ReadonlyMap<string, Tree>): Promise<string> {
  const files = new Map<string, Buffer>();
  for (const [host, tree] of seeds)
    for (const [path, { content }] of tree) files.set(`${host}/${path}`, Buffer.from(content));
  const paths = [...files.keys()].sort();
  const sums = paths.map((path) => checksumLine(sha256(files.get(path) ?? ''), path)).join('');

  const archive = archiveKind(target) === '.zip' ? zip() : tarGz();
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of archive) {
      hash.update(chunk);
      yield chunk;
    }
  }
  archive.append(sums, { name: CHECKSUMS, date: DATE, mode: 0o600 });
  const folders = new Set<string>();
  for (const path of paths) {
    const folder = `${dirname(path)}/`;
    if (!folders.has(folder))
      archive.append(Buffer.alloc(0), { name: folder, type: 'directory', date: DATE, mode: 0o700 });
    folders.add(folder);
    archive.append(files.get(path) ?? '', { name: path, date: DATE, mode: 0o600 });
  }
  try {
    await Promise.all([writeAtomic(target, Readable.from(hashed())), archive.finalize()]);
  } catch (error) {
    throw explainSystemError(error, target);
  }
  return hash.digest('hex');
}

/** A line as sha256sum writes it. */
export function checksumLine(digest: string, path: string): string {
  return `${digest}  ${path}\n`;
}

/** The name and time that a gzip header may carry are left out by zlib. */
function tarGz(): TarArchive {
  return new TarArchive({ gzip: true, gzipOptions: { level: 9 } });
}

/** Dates in zip have no time zone; this one is written as it is in UTC. */
function zip(): ZipArchive {
  return new ZipArchive({ zlib: { level: 9 }, forceLocalTime: false });
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
