import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { progress } from './run.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where built images are kept from one run to the next: STACKSEED_CACHE, or .cache/ of the checkout. */
export function cacheFolder(): string {
  return process.env['STACKSEED_CACHE'] ?? join(root, '.cache');
}

/**
 * The path of a folder that `build` fills, built only when the cache has none for these inputs.
 * `inputs` is everything that decides what comes out. A build that fails or is killed leaves nothing
 * that would be taken for a result, and two processes never build the same thing at once.
 */
export async function cached(
  name: string,
  inputs: unknown,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12);
  const done = join(cacheFolder(), `${name}-${digest}`);
  if (existsSync(done)) return done;
  await mkdir(cacheFolder(), { recursive: true });
  const release = await lock(`${done}.lock`);
  try {
    if (existsSync(done)) return done;
    const began = Date.now();
    const folder = `${done}.building`;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    progress(`building ${name}`);
    await build(folder);
    await rename(folder, done);
    progress(`built ${name} in ${Math.round((Date.now() - began) / 1000)} s`);
    return done;
  } finally {
    await release();
  }
}

/** A lock file that holds its owner's pid, so that one left by a killed run is seen as such. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner > 0 && !existsSync(`/proc/${owner}`)) await rm(path, { force: true });
    else await sleep(500);
  }
}
