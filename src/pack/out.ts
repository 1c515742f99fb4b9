import { lstat, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncFolder } from './atomic-write.ts';
import { claim } from './claim.ts';
import { isHostName, removeFolder } from './host-folder.ts';
import { explainSystemError, outProblem } from './problem.ts';

/** The output folder while this run alone may write to it. */
export interface Out {
  /** Real path of the folder. */
  folder: string;
  /** `folder`/hosts */
  hosts: string;
  close(): Promise<void>;
}

/**
 * Makes the output folder ready: made where it is missing, claimed for this run, and mended where an earlier
 * run was killed. The folder itself may be a symbolic link, what lies in it may not.
 * @throws FindingsError when it cannot be written to or another run is at work in it
 */
export async function openOut(path: string): Promise<Out> {
  try {
    await makeFolder(resolve(path));
    const folder = await realpath(path);
    const close = await claim(folder);
    const hosts = join(folder, 'hosts');
    try {
      await ownFolder(hosts);
      await recover(hosts);
    } catch (error) {
      await close();
      throw error;
    }
    return { folder, hosts, close };
  } catch (error) {
    throw explainSystemError(error, path);
  }
}

/**
 * Like mkdir -p. Node's own `recursive` never returns where a folder that exists takes no new one and says ENOENT,
 * as /proc does.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

async function ownFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) await mkdir(path, { mode: 0o700 });
  else if (!found.isDirectory())
    throw outProblem(
      'out-foreign-file',
      `${path} is not a folder`,
      'move it away, or write elsewhere (--out)',
    );
}

/**
 * A host's folder is replaced in three steps: built as .NAME.new, the old one moved to .NAME.old, the new one
 * moved in. What is found of them says how far a killed run came: with the folder itself missing the old one
 * is whole and goes back, otherwise both are leftovers.
 */
async function recover(hosts: string): Promise<void> {
  const entries = new Set(await readdir(hosts));
  for (const entry of entries) {
    const [, name = '', kind] = /^\.(.+)\.(new|old)$/.exec(entry) ?? [];
    if (!isHostName(name)) continue;
    if (kind === 'new') await rm(join(hosts, entry), { recursive: true });
    else if (entries.has(name)) await removeFolder(join(hosts, entry));
    else await rename(join(hosts, entry), join(hosts, name));
  }
  await syncFolder(hosts);
}
