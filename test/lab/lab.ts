import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cacheFolder } from '../images/cache.ts';
import { whoHas } from './arp.ts';
import { cgroupRoot, killCgroup } from './cgroup.ts';
import { type LabHost, labHost } from './host.ts';
import { layers } from './layers.ts';
import { type Link, type LinkOptions, labLinks } from './links.ts';
import { machine } from './machine.ts';
import { complain } from './needs.ts';
import type { FleetSpec, HostSpec, SeedOptions } from './seeds.ts';
import { type HostStatus, statusOf } from './status.ts';
import { labSwitch, type Switch } from './switch.ts';

export type { LabHost } from './host.ts';

export interface Lab {
  name: string;
  folder: string;
  /** Whether it was ever up, and so knows its inventory. */
  wasUp(): boolean;
  fleet(): FleetSpec;
  /** Path of the inventory that its seeds were made of. */
  inventory(): string;
  /** The platform that they are of instead of the inventory's; undefined: the inventory's. */
  platform(): string | undefined;
  /** Switches hosts on, with seeds of the inventory as it is now; hosts that are on stay as they are. */
  up(names?: string[]): Promise<void>;
  /** Generates the seeds anew and puts them into no drive. Gives the folder, for `seed`. */
  generate(): Promise<string>;
  /** Builds what `up` of these hosts would have to build first; those of the lab when none is named. */
  prepare(names?: string[]): Promise<void>;
  host(name: string): LabHost;
  /** Hosts that were ever up. */
  hosts(): LabHost[];
  /** The networks, and the client: the machine beside the hosts that is on all of them. */
  switch: Switch;
  /** Cuts links, ARP and all; a cut stays when hosts are off or start again. */
  partition(links: Link[], options?: LinkOptions): Promise<void>;
  /** Loses a share of the frames by chance, in percent. */
  drop(links: Link[], percent: number, options?: LinkOptions): Promise<void>;
  /** Mends links that were cut or lose frames; all of them when none is named. */
  heal(links?: Link[], options?: LinkOptions): Promise<void>;
  /** Names of the hosts that answer for an address within so many seconds. */
  arp(network: string, address: string, seconds?: number): Promise<string[]>;
  status(): Promise<HostStatus[]>;
  /** Cuts all power and takes the networks away; disks stay. */
  down(): Promise<void>;
  /** Leaves nothing. */
  destroy(): Promise<void>;
}

export interface LabOptions extends Partial<SeedOptions> {
  name: string;
  /** Hosts that `up` switches on when it is told no others; the controllers when left out. */
  hosts?: string[];
}

interface Kept {
  seeds: SeedOptions;
  fleet: FleetSpec;
}

/**
 * A lab by its name, as it stands: it may be up already. The inventory is remembered from one `up` to
 * the next. Throws one sentence where there cannot be a lab.
 */
export async function openLab(options: LabOptions): Promise<Lab> {
  complain();
  const { name } = options;
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) throw new Error(`"${name}" is no name for a lab`);
  const folder = join(cacheFolder(), 'lab', name);
  // Labs of two checkouts may have one name.
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  const cgroup = join(cgroupRoot(), 'stackseed-lab', `${name}-${mark}`);
  const network = labSwitch(join(cgroup, 'switch'));
  const file = join(folder, 'lab.json');
  let kept: Kept | undefined = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;

  function fleet(): FleetSpec {
    if (!kept) throw new Error(`the lab ${name} was never up`);
    return kept.fleet;
  }
  function inventory(): string {
    if (!kept) throw new Error(`the lab ${name} was never up`);
    return kept.seeds.inventory;
  }
  const platform = (): string | undefined => kept?.seeds.platform;
  const links = labLinks(join(folder, 'links.json'), network, fleet);
  const folderOf = (host: string): string => join(folder, 'hosts', host);

  async function generate(): Promise<string> {
    // A platform goes with the inventory that it was named for.
    const { inventory, platform, bare } = options.inventory ? options : { ...kept?.seeds, ...options };
    if (!inventory) throw new Error(`the lab ${name} was never up: name an inventory`);
    const seeds = { inventory: resolve(inventory), ...(platform && { platform }), ...(bare && { bare }) };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The generator is slow to load, and most verbs do without.
    const { makeSeeds } = await import('./seeds.ts');
    kept = { seeds, fleet: await makeSeeds(folder, seeds) };
    await writeFile(file, JSON.stringify(kept));
    return kept.fleet.seeds;
  }

  async function connect(): Promise<void> {
    if (await network.isOn()) return;
    await network.on(fleet().networks);
    await links.apply();
  }

  function host(wanted: string): LabHost {
    const spec = fleet().hosts.find((one) => one.name === wanted);
    if (!spec) throw new Error(`the inventory has no host ${wanted}`);
    const box = machine(spec, folderOf(wanted), join(cgroup, `host-${wanted}`), network);
    return labHost(spec, box, async () => {
      await connect();
      await box.on(await layers(spec.packages, spec.suite));
    });
  }

  const wantedOf = (names = options.hosts ?? []): LabHost[] =>
    (names.length > 0 ? names : controllers(fleet().hosts)).map(host);

  async function prepare(names?: string[]): Promise<void> {
    for (const { spec } of wantedOf(names)) await layers(spec.packages, spec.suite);
  }

  async function up(names?: string[]): Promise<void> {
    const seeds = await generate();
    const wanted = wantedOf(names);
    await prepare(names);
    await connect();
    await Promise.all(
      wanted.map(async (one) => {
        if (!(await one.isOn())) await one.seed(join(seeds, one.name));
        await one.powerOn();
      }),
    );
  }

  const hosts = (): LabHost[] =>
    (kept?.fleet.hosts ?? [])
      .filter((spec) => existsSync(folderOf(spec.name)))
      .map((spec) => host(spec.name));

  async function down(): Promise<void> {
    await killCgroup(cgroup);
    await rmdir(dirname(cgroup)).catch(() => undefined);
    await rm(join(folder, 'links.json'), { force: true });
  }

  return {
    name,
    folder,
    wasUp: () => kept !== undefined,
    fleet,
    inventory,
    platform,
    up,
    generate,
    prepare,
    host,
    hosts,
    switch: network,
    partition: (cut, how) => links.lose(cut, 100, how),
    drop: (lossy, percent, how) => links.lose(lossy, percent, how),
    heal: (mended, how) => (mended ? links.lose(mended, 0, how) : links.mend()),
    arp: (on, address, seconds) => whoHas(network, fleet(), [on, address], seconds),
    status: () => Promise.all(hosts().map(statusOf)),
    down,
    async destroy() {
      await down();
      await rm(folder, { recursive: true, force: true });
      await rmdir(dirname(folder)).catch(() => undefined);
    },
  };
}

function controllers(hosts: HostSpec[]): string[] {
  return hosts.filter(({ roles }) => roles.includes('controller')).map(({ name }) => name);
}
