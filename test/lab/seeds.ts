import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { generateFleet } from '../../src/generate/generate.ts';
import { loadFleet } from '../../src/generate/load.ts';
import { contains, toAddress, toBlock } from '../../src/inventory/ipv4.ts';
import type { HostPlan, Plan } from '../../src/plan/types.ts';
import { FindingsError } from '../../src/report/finding.ts';
import { initSecrets } from '../../src/secrets/index.ts';
import type { Suite } from '../images/debian.ts';

/** A network card and the port of the switch that it is plugged into. */
export interface Card {
  /** Name of the port in the switch's namespace. */
  port: string;
  /** Name of the card when the kernel finds it; cloud-init gives it the inventory's. */
  name: string;
  mac: string;
  mtu: number;
  /** "-" for a card that is on no network. */
  network: string;
  bridge: string;
}

export interface HostSpec {
  name: string;
  roles: string[];
  cards: Card[];
  packages: string[];
  /** Of Debian's archive, for its disk. */
  suite: Suite;
}

export interface NetworkSpec {
  name: string;
  bridge: string;
  /** The lab's own address on the network with its prefix: its last one that nobody has. */
  client?: string;
}

export interface FleetSpec {
  /** A folder per host, with its seed.iso. */
  seeds: string;
  hosts: HostSpec[];
  networks: NetworkSpec[];
}

export interface SeedOptions {
  inventory: string;
  platform?: string;
  /** Names of hosts whose disks have no package of theirs: they install them from where the inventory says. */
  bare?: string[];
}

/**
 * Generates the seeds of the whole inventory into a lab's folder, with secrets and a lock of the lab's
 * own, made once. Throws with all findings when there is an error among them.
 */
export async function makeSeeds(
  folder: string,
  { inventory, platform, bare }: SeedOptions,
): Promise<FleetSpec> {
  const own = { secrets: join(folder, 'secrets.yaml'), lock: join(folder, 'stackseed.lock') };
  const options = { ...own, ...(platform && { platform }) };
  try {
    const { plan } = await loadFleet(inventory, options);
    if (!existsSync(own.secrets)) await initSecrets(own.secrets, { fleet: plan.fleet.name });
    const out = join(folder, 'out');
    await generateFleet({ ...options, inventory, out, iso: true, prune: true });
    return { seeds: join(out, 'hosts'), ...specOf(plan, bare ?? []) };
  } catch (error) {
    throw error instanceof FindingsError ? new Error(told(error)) : error;
  }
}

function told(error: FindingsError): string {
  const errors = error.findings.filter((finding) => finding.severity === 'error');
  return errors.map(({ path, message, hint }) => `${path}: ${message}${hint ? ` (${hint})` : ''}`).join('\n');
}

function specOf(plan: Plan, bare: string[]): Omit<FleetSpec, 'seeds'> {
  const networks = new Set(plan.hosts.flatMap((host) => host.networks.map(({ name }) => name)));
  return {
    hosts: plan.hosts.map((host) => hostSpec(host, bare.includes(host.name))),
    networks: [...networks].map((name) => networkSpec(name, plan)),
  };
}

function hostSpec(host: HostPlan, bare: boolean): HostSpec {
  const odd = host.devices.find((device) => device.kind !== 'physical');
  if (odd) throw new Error(`${host.name} has a ${odd.kind}, ${odd.name}, and the lab has none of these`);
  const cards = host.devices.map((device, index): Card => {
    const network = device.network ?? '-';
    const port = short(`${host.name}.${device.network ?? device.name}`);
    const bridge = device.network ? bridgeOf(device.network) : '-';
    // Without an address in the inventory cloud-init knows the card by its name.
    const name = device.mac ? `eth${index}` : device.name;
    return { port, name, mac: device.mac ?? madeUp(port), mtu: device.mtu ?? 1500, network, bridge };
  });
  return {
    name: host.name,
    roles: host.roles,
    cards,
    packages: bare ? [] : host.packages,
    suite: suiteOf(host),
  };
}

function networkSpec(name: string, plan: Plan): NetworkSpec {
  const bridge = bridgeOf(name);
  const cidr = plan.fleet.networks.find((network) => network.name === name)?.cidr;
  if (!cidr) return { name, bridge };
  const taken = new Set(
    [
      ...plan.fleet.networks.map(({ gateway }) => gateway),
      ...plan.fleet.vips.flatMap(({ addresses }) => Object.values(addresses)),
      ...plan.hosts.flatMap((host) => host.networks.map(({ address }) => address)),
    ].filter((address) => address && contains(toBlock(cidr), address)),
  );
  const { last, prefix } = toBlock(cidr);
  let own = last - 1;
  while (taken.has(toAddress(own))) own -= 1;
  return { name, bridge, client: `${toAddress(own)}/${prefix}` };
}

function bridgeOf(network: string): string {
  return short(`br-${network}`);
}

/** The kernel's names of interfaces have at most 15 characters. */
function short(name: string): string {
  return name.length <= 15 ? name : `p${digest(name).slice(0, 12)}`;
}

function madeUp(port: string): string {
  return `52:54:00${(digest(port).slice(0, 6).match(/../g) ?? []).map((pair) => `:${pair}`).join('')}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Releases whose packages this machine's mirror is sure to have. */
const SUITES: Record<string, Suite> = { 'debian-12': 'bookworm', 'debian-13': 'trixie' };

function suiteOf({ name, platform }: HostPlan): Suite {
  const suite = SUITES[platform];
  if (!suite) throw new Error(`${name}: a lab has no ${platform}, only ${Object.keys(SUITES).join(' and ')}`);
  return suite;
}
