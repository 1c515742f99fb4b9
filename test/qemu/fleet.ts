import { mkdir, readFile, writeFile } from 'node:fs/promises';
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
 * A controller alone forms no cluster, so here the controllers have a role of the operator's own with what
 * one of them can do by itself. Nobody holds
 * their virtual address, whose name stays.
 */
const LONE_ROLE =
  'summary: a controller by itself\nlisted: true\ncount: any\ncomponents: [memcached, nfs-client]\n';

function lone(inventory: string): string {
  const alone = inventory
    .replace('roles: [controller]', 'roles: [lone]')
    .replace(/^vips:\n(?: .*\n)+/m, 'records: { cnt.pikesaku.net: 192.168.0.50 }\n');
  return `${alone}\nlibrary: [site]\n`;
}

/** `change` is made to the memo's inventory first. */
export async function generateMemo(
  folder: string,
  change: (inventory: string) => string = (text) => text,
): Promise<GeneratedFleet> {
  const inventory = join(folder, 'inventory.yaml');
  const out = join(folder, 'out');
  const stackseed = (...words: string[]) =>
    must(
      [
        process.execPath,
        '--import',
        'tsx',
        join(root, 'src/cli/main.ts'),
        ...words,
        '--inventory',
        inventory,
      ],
      { cwd: root },
    );
  const generate = () => stackseed('generate', '--quiet', '--platform', 'debian-12', '--out', out);
  await mkdir(join(folder, 'site/roles'), { recursive: true });
  await writeFile(join(folder, 'site/roles/lone.yaml'), LONE_ROLE);
  await writeFile(inventory, lone(change(await readFile(example('memo'), 'utf8'))));
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
