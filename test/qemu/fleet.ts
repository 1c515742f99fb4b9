import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { example, root } from '../fixtures.ts';
import { must } from '../images/run.ts';
import type { UserData } from '../judges/explode.ts';

/** The memo's fleet, generated on the command line as an operator would, in a folder of its own. */
export interface GeneratedFleet {
  /** Path of a host's seed ISO. */
  iso(host: string): string;
  /** Generates again from a changed inventory. */
  regenerate(change: (inventory: string) => string): Promise<void>;
  /** Packages that the seeds of these hosts ask for. */
  packages(hosts: string[]): Promise<string[]>;
}

/**
 * A controller alone forms no cluster, so the hosts here are made by a stackseed whose controllers have what
 * one of them can do by itself.
 */
export async function loneStackseed(folder: string): Promise<string> {
  for (const part of ['src', 'cloud-config', 'preseed', 'web', 'package.json'])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const role = join(folder, 'cloud-config/roles/controller.yaml');
  const text = await readFile(role, 'utf8');
  await writeFile(role, text.replace(/^components: .*$/m, 'components: [memcached, nfs-client]'));
  return join(folder, 'src/cli/main.ts');
}

/** `change` is made to the memo's inventory first. */
export async function generateMemo(
  folder: string,
  change: (inventory: string) => string = (text) => text,
): Promise<GeneratedFleet> {
  const inventory = join(folder, 'inventory.yaml');
  const out = join(folder, 'out');
  const program = await loneStackseed(join(folder, 'stackseed'));
  const stackseed = (...words: string[]) =>
    must([process.execPath, '--import', 'tsx', program, ...words, '--inventory', inventory], { cwd: root });
  const generate = () => stackseed('generate', '--quiet', '--platform', 'debian-12', '--out', out);
  await writeFile(inventory, change(await readFile(example('memo'), 'utf8')));
  await stackseed('secrets', 'init', '--quiet');
  await generate();
  return {
    iso: (host) => join(out, 'hosts', host, 'seed.iso'),
    async regenerate(next) {
      await writeFile(inventory, next(await readFile(inventory, 'utf8')));
      await generate();
    },
    async packages(hosts) {
      const lists = hosts.map(async (host) => {
        const userData = await readFile(join(out, 'hosts', host, 'user-data'), 'utf8');
        const files = (parse(userData) as UserData).write_files ?? [];
        const list = files.find(({ path }) => path.endsWith('/seed/packages.list'));
        return (list?.content ?? '').split('\n').filter(Boolean);
      });
      return [...new Set((await Promise.all(lists)).flat())].sort();
    },
  };
}

/** NICs of the memo's hosts: network and MAC. */
export const memoNics: Record<string, [network: string, mac: string][]> = {
  router: [
    ['public', '52:54:00:00:00:01'],
    ['uplink', '52:54:00:00:03:01'],
  ],
  nfs: [
    ['manage', '52:54:00:00:01:01'],
    ['uplink', '52:54:00:00:03:02'],
  ],
  cnt1: [
    ['public', '52:54:00:00:00:51'],
    ['manage', '52:54:00:00:01:51'],
  ],
};
