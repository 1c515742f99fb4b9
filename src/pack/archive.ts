import { dirname } from 'node:path';
import { TarArchive } from 'archiver';
import type { Tree } from '../render/tree.ts';
import { writeAtomic } from './atomic-write.ts';
import { explainSystemError } from './problem.ts';

const DATE = new Date('2000-01-01T00:00:00Z');

/**
 * Writes seeds into one gzipped tar file, `HOST/FILE`, and the same seeds always as the same bytes: sorted,
 * one date for all, owned by root, files 0600 in folders 0700. The file itself is 0600 and appears whole.
 */
export async function writeArchive(target: string, seeds: ReadonlyMap<string, Tree>): Promise<void> {
  // The name and time that a gzip header may carry are left out by zlib.
  const archive = new TarArchive({ gzip: true, gzipOptions: { level: 9 } });
  const files = new Map<string, string | Buffer>();
  for (const [host, tree] of seeds)
    for (const [path, { content }] of tree) files.set(`${host}/${path}`, content);

  const folders = new Set<string>();
  for (const path of [...files.keys()].sort()) {
    const folder = `${dirname(path)}/`;
    if (!folders.has(folder))
      archive.append(Buffer.alloc(0), { name: folder, type: 'directory', date: DATE, mode: 0o700 });
    folders.add(folder);
    archive.append(Buffer.from(files.get(path) ?? ''), { name: path, date: DATE, mode: 0o600 });
  }
  try {
    await Promise.all([writeAtomic(target, archive), archive.finalize()]);
  } catch (error) {
    throw explainSystemError(error, target);
  }
}
