import { existsSync, readdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isHostName, readHostFolder, removeFolder } from './host-folder.ts';
import type { Out } from './out.ts';
import { explainSystemError } from './problem.ts';

/** Names of the host folders in an output folder, sorted; none where there is no such folder. */
export function hostFolders(out: string): string[] {
  const hosts = join(out, 'hosts');
  if (!existsSync(hosts)) return [];
  const entries = readdirSync(hosts, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && isHostName(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Names of the host folders in out/ whose host is not among `hosts`, sorted. */
export function listStale(out: Out, hosts: Iterable<string>): string[] {
  const wanted = new Set(hosts);
  return hostFolders(out.folder).filter((name) => !wanted.has(name));
}

/**
 * Removes a host's folder and returns the names of the files that were in it; a run that is killed in the
 * middle has the rest removed by the next one.
 * @throws FindingsError when the folder holds foreign files: it is left as it is then
 */
export async function pruneHost(out: Out, name: string): Promise<string[]> {
  if (!isHostName(name)) throw new Error(`not a host name: ${JSON.stringify(name)}`);
  const target = join(out.hosts, name);
  try {
    const present = await readHostFolder(target);
    if (!present) return [];
    const leaving = join(out.hosts, `.${name}.new`);
    await rename(target, leaving);
    await removeFolder(leaving);
    return [...present.files.keys()];
  } catch (error) {
    throw explainSystemError(error, target);
  }
}
