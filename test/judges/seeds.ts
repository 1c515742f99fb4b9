import { join } from 'node:path';
import { renderPlanned } from '../../src/generate/generate.ts';
import { loadFleet } from '../../src/generate/load.ts';
import type { HostPlan } from '../../src/plan/types.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';
import type { Suite } from '../images/debian.ts';

/** One host's seed as it is generated, for the judges. */
export interface Seed {
  /** "memo on debian-12: cnt1" */
  name: string;
  platform: string;
  host: HostPlan;
  userData: string;
  networkConfig: string;
}

const fleets: { inventory: string; platforms: string[] }[] = [
  { inventory: 'memo', platforms: ['debian-12', 'debian-13', 'ubuntu-24.04', 'ubuntu-16.04'] },
  { inventory: 'small', platforms: ['debian-12', 'ubuntu-24.04', 'ubuntu-16.04'] },
  { inventory: 'large', platforms: ['debian-12', 'debian-13', 'ubuntu-24.04', 'ubuntu-16.04'] },
];

/** The release whose programs judge a platform's files: its own, or for Ubuntu the one they are nearer to. */
export function suiteOf(platform: string): Suite {
  return platform === 'debian-13' ? 'trixie' : 'bookworm';
}

let seeds: Promise<Seed[]> | undefined;

/**
 * Seeds of every example on every platform: of hosts that are alike but for their names and addresses,
 * one.
 */
export function allSeeds(): Promise<Seed[]> {
  seeds ??= renderAll();
  return seeds;
}

async function renderAll(): Promise<Seed[]> {
  const wanted = fleets.flatMap(({ inventory, platforms }) =>
    platforms.map((platform) => ({ inventory, platform })),
  );
  return (await Promise.all(wanted.map(({ inventory, platform }) => seedsOf(inventory, platform)))).flat();
}

async function seedsOf(inventory: string, platform: string): Promise<Seed[]> {
  return withFolder(async (folder) => {
    const fleet = await loadFleet(example(inventory), { lock: join(folder, 'stackseed.lock'), platform });
    const { secrets } = await readSecrets(await knownSecrets(folder));
    if (!secrets) throw new Error('no secrets');
    return oneOfEachKind(fleet.plan.hosts).map((host) => {
      const { tree } = renderPlanned(fleet, host, secrets);
      return {
        name: `${inventory} on ${platform}: ${host.name}`,
        platform: host.platform,
        host,
        userData: String(tree.get('user-data')?.content),
        networkConfig: String(tree.get('network-config')?.content),
      };
    });
  });
}

function oneOfEachKind(hosts: HostPlan[]): HostPlan[] {
  const kinds = new Map<string, HostPlan>();
  for (const host of hosts) {
    const networks = host.networks.map(({ name, interface: iface, dhcp }) => [name, iface, dhcp]);
    // A NIC that is no network itself is named after its MAC address.
    const devices = host.devices.map(({ name, kind, mtu }) => [kind === 'physical' ? '' : name, kind, mtu]);
    const kind = JSON.stringify([host.platform, host.components, networks, devices, host.settings]);
    if (!kinds.has(kind)) kinds.set(kind, host);
  }
  return [...kinds.values()];
}
