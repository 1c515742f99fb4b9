import { join } from 'node:path';
import { installerPlanned, renderPlanned } from '../../src/generate/generate.ts';
import { loadFleet } from '../../src/generate/load.ts';
import { SIGNATURE, SUMS, signedPlanned } from '../../src/generate/signed.ts';
import type { Installer } from '../../src/install/types.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { knownSecrets, root, withFolder } from '../fixtures.ts';

/** What a host's installer is told, and its seed: text by name of the file. */
export type HostFiles = Map<string, string>;

export const PLATFORMS = ['debian-12', 'debian-13', 'ubuntu-16.04', 'ubuntu-24.04'];

/** The hosts of an inventory that are to be installed, on a platform. */
export async function installedHosts(
  platform: string,
  inventory = join(root, 'test/install/fleet/inventory.yaml'),
): Promise<Map<string, HostFiles>> {
  return withFolder(async (folder) => {
    const fleet = await loadFleet(inventory, { lock: join(folder, 'stackseed.lock'), platform });
    const { secrets } = await readSecrets(await knownSecrets(folder));
    if (!secrets) throw new Error('no secrets');
    const hosts = fleet.plan.hosts.flatMap((host): [string, HostFiles][] => {
      const seed = renderPlanned(fleet, host, secrets);
      const tree = signedPlanned(fleet, host, fleet.lock, seed, secrets);
      const installer = installerPlanned(fleet, host, tree);
      if (!installer) return [];
      const files = [...tree, ...installer].map(([name, { content }]): [string, string] => [
        name,
        String(content),
      ]);
      return [[host.name, new Map(files.filter(([name]) => name !== SUMS && name !== SIGNATURE))]];
    });
    return new Map(hosts);
  });
}

export function textOf(files: HostFiles, name: string): string {
  const text = files.get(name);
  if (text === undefined) throw new Error(`no ${name}`);
  return text;
}

export function installerOf(files: HostFiles): Installer {
  return JSON.parse(textOf(files, 'installer.json')) as Installer;
}
