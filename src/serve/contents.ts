import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Bytes of files that are kept in memory, together: the kernels and initrds that a whole fleet fetches at once. */
const KEPT = 112 * 1024 * 1024;

/** Bytes of the smallest and the largest file that is kept: the many small ones are each for one host. */
const SMALLEST = 1024 * 1024;
const LARGEST = 96 * 1024 * 1024;

/** Milliseconds after which a file that nobody asked for makes room for another. */
const IN_USE = 30_000;

/** A file as it is at the moment. `content` is there where it is kept; else `handle` must be closed. */
export interface Opened {
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
  content?: Buffer;
  handle?: FileHandle;
}

export interface Contents {
  /** Opens a regular file below the folder; undefined where there is none, or it leads out of the folder. */
  open(names: string[]): Promise<Opened | undefined>;
}

interface Kept {
  stamp: string;
  content: Promise<Buffer>;
  size: number;
  /** By the clock of `performance`. */
  used: number;
}

/** Files below a folder. The folder may be replaced as a whole at any time; nothing of the old one is served then. */
export function contentsOf(folder: string): Contents {
  const kept = new Map<string, Kept>();
  /** Makes room by forgetting what nobody asks for; what is in use is never read twice into memory. */
  const hasRoom = (size: number, now: number): boolean => {
    let sum = size + [...kept.values()].reduce((total, each) => total + each.size, 0);
    for (const [name, each] of [...kept].sort(([, a], [, b]) => a.used - b.used)) {
      if (sum <= KEPT || now - each.used < IN_USE) break;
      kept.delete(name);
      sum -= each.size;
    }
    return sum <= KEPT;
  };
  const keep = (name: string, stamp: string, size: number, handle: FileHandle): Kept | undefined => {
    const now = performance.now();
    const known = kept.get(name);
    if (known?.stamp === stamp) {
      known.used = now;
      return known;
    }
    kept.delete(name);
    if (size < SMALLEST || size > LARGEST || !hasRoom(size, now)) return undefined;
    const one = { stamp, size, used: now, content: readWhole(handle, size) };
    kept.set(name, one);
    one.content.catch(() => kept.get(name) === one && kept.delete(name));
    return one;
  };
  return {
    async open(names) {
      const handle = await openBelow(folder, names);
      if (!handle) return undefined;
      let whole: Kept | undefined;
      let size = -1;
      try {
        const { stamp, modified, ...found } = await describe(handle);
        size = found.size;
        if (size < 0) return undefined;
        whole = keep(names.join('/'), stamp, size, handle);
        return whole ? { size, modified, content: await whole.content } : { size, modified, handle };
      } finally {
        if (whole || size < 0) await handle.close();
      }
    },
  };
}

async function describe(handle: FileHandle): Promise<{ stamp: string; modified: number; size: number }> {
  const found = await handle.stat({ bigint: true });
  return {
    stamp: `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}`,
    modified: Number(found.mtimeMs),
    size: found.isFile() ? Number(found.size) : -1,
  };
}

/** A named pipe would keep a thread waiting for its writer. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Links are followed as long as they stay below the folder. */
async function openBelow(folder: string, names: string[]): Promise<FileHandle | undefined> {
  if (names.length === 0) return undefined;
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(join(folder, ...names))]);
    return path.startsWith(root + sep) ? await open(path, READ) : undefined;
  } catch {
    return undefined;
  }
}

async function readWhole(handle: FileHandle, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(content, at, size - at, at);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    at += bytesRead;
  }
  return content;
}
