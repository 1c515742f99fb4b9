import { clusterRole } from '../inventory/cluster-role.ts';
import type { Inventory, InventoryHost } from '../inventory/schema.ts';
import type { Component, Library } from '../library/types.ts';
import type { Finding } from '../report/finding.ts';
import { aptOf } from './apt.ts';
import { clusterMembers, reusedAddresses, sameNumbers } from './cluster.ts';
import { baseRole, forPlatform, orderedComponents } from './components.ts';
import { type Addresses, drawAddresses } from './draw.ts';
import { installOf } from './install.ts';
import { type Lookup, layersOf, lookup } from './layers.ts';
import type { Lock } from './lock.ts';
import { byName, fleetNetworks, hostDevices, hostNetworks } from './networks.ts';
import { openingsOf } from './openings.ts';
import { sharedByControllers } from './shared.ts';
import type { ClusterPlan, FleetView, HostPlan, Origin, Peer, Plan, User } from './types.ts';

export interface PlanOptions {
  /** Overrides every platform of the inventory. */
  platform?: string;
  /** Hosts whose values are to be explained. */
  explain?: Set<string>;
  /** Plan only these hosts; the fleet around them stays whole. */
  only?: Set<string>;
}

/**
 * Decides everything about every host. Pure: no clock, no chance, no files. The inventory must have
 * passed its checks. Hosts come in the inventory's order, those that are absent left out.
 */
export function makePlan(
  inventory: Inventory,
  library: Library,
  lock: Lock,
  options: PlanOptions = {},
): { plan: Plan; addresses: Addresses; findings: Finding[] } {
  const addresses = drawAddresses(inventory, lock);
  const listed = listedPeers(inventory, library, addresses);
  const fleet = fleetOf(inventory);
  const context = { inventory, library, fleet, listed, addresses, options };
  const hosts = Object.entries(inventory.hosts)
    .filter(([name, host]) => host.state !== 'absent' && (!options.only || options.only.has(name)))
    .map(([name, host]) => planHost(context, name, host));
  // An address is missing where a range has no more of them.
  const cluster = addresses.findings.length > 0 ? undefined : clusterOf(context, lock, hosts);
  const findings = [
    ...addresses.findings,
    ...missingSettings(hosts, library),
    ...sameNumbers(cluster?.controllers ?? []),
    ...reusedAddresses(inventory, addresses, lock),
  ];
  return { plan: { fleet, hosts, ...(cluster && { cluster }) }, addresses, findings };
}

/** The cluster takes all controllers, planned or not: one that is rendered alone has to come out the same. */
function clusterOf(context: Context, lock: Lock, hosts: HostPlan[]): ClusterPlan | undefined {
  const { inventory, library, fleet, addresses } = context;
  const having = Object.entries(inventory.hosts)
    .filter(([, host]) => rolesOf(inventory, host).includes(clusterRole))
    .map(([name, host]) => ({ name, host }));
  const members = clusterMembers(inventory, having, addresses, lock.cluster);
  if (!members) return undefined;
  const plans = having
    .filter(({ host }) => host.state !== 'absent')
    .map(({ name, host }) => hosts.find((one) => one.name === name) ?? planHost(context, name, host));
  return { ...members, shared: sharedByControllers(members, fleet, plans, library) };
}

interface Context {
  inventory: Inventory;
  library: Library;
  fleet: FleetView;
  listed: Map<string, Peer[]>;
  addresses: Addresses;
  options: PlanOptions;
}

function fleetOf(inventory: Inventory): FleetView {
  return {
    name: inventory.fleet,
    domain: inventory.domain,
    networks: fleetNetworks(inventory),
    vips: byName(inventory.vips).map(([name, addresses]) => ({
      name,
      fqdn: `${name}.${inventory.domain}`,
      addresses,
    })),
    records: byName(inventory.records).map(([name, address]) => ({ name, address })),
  };
}

function rolesOf(inventory: Inventory, host: InventoryHost): string[] {
  const ofGroups = (host.groups ?? []).flatMap((group) => inventory.groups?.[group]?.roles ?? []);
  return [...new Set([...ofGroups, ...(host.roles ?? [])])];
}

/** The hosts of each listed role, in inventory order. */
function listedPeers(inventory: Inventory, library: Library, addresses: Addresses): Map<string, Peer[]> {
  const listed = new Map<string, Peer[]>();
  for (const [name, host] of Object.entries(inventory.hosts)) {
    if (host.state === 'absent') continue;
    for (const role of rolesOf(inventory, host)) {
      if (!library.roles.get(role)?.listed) continue;
      const peer = {
        name,
        fqdn: `${name}.${inventory.domain}`,
        addresses: Object.fromEntries(addresses.of.get(name) ?? []),
      };
      listed.set(role, [...(listed.get(role) ?? []), peer]);
    }
  }
  return listed;
}

function planHost(context: Context, name: string, host: InventoryHost): HostPlan {
  const { inventory, library, fleet, listed, addresses, options } = context;
  const layers = layersOf(inventory, name, host);
  const look = lookup(layers, options.explain?.has(name) ?? false);
  const platformName = options.platform ?? look.value(['platform'], '', { kind: 'default' });
  if (options.platform) {
    look.explained.push({ path: 'platform', value: platformName, origin: { kind: 'command line' } });
  }
  const platform = library.platforms.get(platformName);
  if (!platform) throw new Error(`${name}: no platform ${platformName}`);
  const roles = rolesOf(inventory, host);
  const components = orderedComponents(library, [baseRole, ...roles]);
  const names = new Set(components.map((component) => component.name));
  const networks = hostNetworks(inventory, host, addresses.of.get(name) ?? new Map());
  const phoneHome = look.value<string | undefined>(['phone_home', 'url'], undefined, { kind: 'default' });
  const talksTo = [...new Set(components.flatMap((component) => component.talksTo))].sort();
  const devices = hostDevices(host, networks);
  const install = installOf(layers, look, host, networks, devices, inventory.boot?.network);
  noteAddresses(look, context, name);
  return {
    name,
    fqdn: `${name}.${inventory.domain}`,
    state: host.state ?? 'present',
    platform: platformName,
    roles,
    components: [...names],
    after: Object.fromEntries(
      components.map((one) => [one.name, one.after.filter((other) => names.has(other))]),
    ),
    networks,
    devices,
    dns: {
      servers: look.value(['dns', 'servers'], [], { kind: 'default' }),
      search: look.value(['dns', 'search'], [inventory.domain], { kind: 'derived', path: ['domain'] }),
    },
    ntp: { servers: look.value(['ntp', 'servers'], [], { kind: 'default' }) },
    apt: aptOf(platform, look),
    timezone: look.value(['timezone'], 'Etc/UTC', { kind: 'default' }),
    users: usersOf(look),
    settings: settingsOf(components, look),
    variables: variablesOf(components, platform.variables, platformName),
    peers: Object.fromEntries(talksTo.map((role) => [role, listed.get(role) ?? []])),
    openings: openingsOf(components, networks, fleet, listed),
    packages: [...new Set(components.flatMap((one) => forPlatform(one.packages, platformName) ?? []))].sort(),
    secrets: components.flatMap((component) =>
      component.secrets.map(({ summary: _, ...rule }) => ({ component: component.name, ...rule })),
    ),
    certificates: components.flatMap(({ name: component, certificates }) =>
      certificates.map(({ label }) => ({ component, label })),
    ),
    ...(phoneHome && { phoneHome: { url: phoneHome } }),
    ...(install && { install }),
    explain: look.explained,
  };
}

function usersOf(look: Lookup): User[] {
  return look
    .keys(['users'])
    .sort()
    .map((name): User => {
      const value = <T>(key: string, fallback: T) =>
        look.value(['users', name, key], fallback, { kind: 'default' });
      const passwordHash = value<string | undefined>('password_hash', undefined);
      return {
        name,
        sshKeys: value<string[]>('ssh_keys', []),
        ...(passwordHash && { passwordHash }),
        sudo: value('sudo', false),
        shell: value('shell', '/bin/bash'),
      };
    });
}

function settingsOf(components: Component[], look: Lookup): HostPlan['settings'] {
  const resolve = (component: Component) => {
    const origin: Origin = { kind: 'component', name: component.name };
    return Object.entries(component.settings).map(([key, schema]): [string, unknown] => {
      const path = ['settings', component.name, key];
      return [key, look.value(path, schema['default'] ?? null, origin)];
    });
  };
  return Object.fromEntries(components.map((one) => [one.name, Object.fromEntries(resolve(one))]));
}

/** A setting that has no default is one that somebody has to give for each host that has the component. */
function missingSettings(hosts: HostPlan[], library: Library): Finding[] {
  return [...library.components.values()].flatMap(({ name, settings }) =>
    Object.entries(settings)
      .filter(([, schema]) => schema['default'] === undefined)
      .flatMap(([key]): Finding[] => {
        const lacking = hosts.filter((host) => host.settings[name]?.[key] === null);
        if (lacking.length === 0) return [];
        return [
          {
            severity: 'error',
            code: 'setting-missing',
            path: `settings.${name}.${key}`,
            message: `${lacking.map((host) => host.name).join(', ')} need${lacking.length > 1 ? '' : 's'} a value of it`,
            hint: 'give it under settings of the fleet, of a group or of the hosts; `stackseed schema` describes it',
          },
        ];
      }),
  );
}

function variablesOf(
  components: Component[],
  ofPlatform: Record<string, string>,
  platform: string,
): HostPlan['variables'] {
  return Object.fromEntries(
    components.map((one) => [one.name, { ...ofPlatform, ...forPlatform(one.variables, platform) }]),
  );
}

function noteAddresses(look: Lookup, { addresses, options }: Context, name: string): void {
  if (!options.explain?.has(name)) return;
  for (const [network, address] of addresses.of.get(name) ?? []) {
    const origin: Origin = addresses.drawn.get(name)?.has(network)
      ? { kind: 'lock', path: ['networks', network, 'range'] }
      : { kind: 'host', name, path: ['hosts', name, 'networks', network, 'address'] };
    look.explained.push({ path: `networks.${network}.address`, value: address, origin });
  }
}
