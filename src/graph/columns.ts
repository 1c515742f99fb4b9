import type { HostPlan, Peer, Plan } from '../plan/types.ts';

/** What a column of the picture shows: a virtual address, a host, or many hosts that are alike. */
export interface Column {
  kind: 'vip' | 'host' | 'stack';
  name: string;
  /** Under the name: platform, or how many hosts there are. */
  note: string;
  roles: string[];
  /** Networks it is on, with its address or what stands for one, in the order of the fleet. */
  on: { network: string; address: string }[];
  /** A part of the controllers' cluster. */
  clustered: boolean;
}

/** As many hosts of the same roles are drawn one by one; more of them are one stack. */
const STACK = 8;

/** The columns from left to right: the cluster with its virtual addresses, then the others in the inventory's order. */
export function columnsOf(plan: Plan): Column[] {
  const members = new Set(plan.cluster?.controllers.map(({ name }) => name) ?? []);
  const networks = networkNames(plan);
  const vips = plan.fleet.vips.map((vip) => vipColumn(vip, networks, members.size > 0));
  const cluster = plan.hosts.filter(({ name }) => members.has(name));
  const others = groups(plan.hosts.filter(({ name }) => !members.has(name)));
  const hosts = others.flatMap((group) =>
    group.length > STACK
      ? [stackColumn(group, networks)]
      : group.map((host) => hostColumn(host, networks, false)),
  );
  return [...vips, ...cluster.map((host) => hostColumn(host, networks, true)), ...hosts];
}

/** Every network of the fleet and of its hosts, in the fleet's order. */
export function networkNames({ fleet, hosts }: Plan): string[] {
  const ofHosts = hosts.flatMap((host) => host.networks.map(({ name }) => name));
  return [...new Set([...fleet.networks.map(({ name }) => name), ...ofHosts])];
}

/** Hosts of the same roles together, where the first of them stands. */
function groups(hosts: HostPlan[]): HostPlan[][] {
  const found = new Map<string, HostPlan[]>();
  for (const host of hosts) {
    const key = [...host.roles].sort().join();
    const group = found.get(key);
    if (group) group.push(host);
    else found.set(key, [host]);
  }
  return [...found.values()];
}

function hostColumn(host: HostPlan, networks: string[], clustered: boolean): Column {
  const on = host.networks.map(({ name, address, dhcp }) => ({
    network: name,
    address: address ?? (dhcp ? 'DHCP' : 'no address'),
  }));
  return {
    kind: 'host',
    name: host.name,
    note: host.platform,
    roles: host.roles,
    on: inOrder(on, networks),
    clustered,
  };
}

function vipColumn({ name, addresses }: Peer, networks: string[], clustered: boolean): Column {
  const on = Object.entries(addresses).map(([network, address]) => ({ network, address }));
  return { kind: 'vip', name, note: 'virtual address', roles: [], on: inOrder(on, networks), clustered };
}

function stackColumn(group: HostPlan[], networks: string[]): Column {
  const [first, last] = [group[0], group.at(-1)];
  const on = networks.flatMap((network) => {
    const count = group.filter((host) => host.networks.some(({ name }) => name === network)).length;
    return count === 0 ? [] : [{ network, address: count === group.length ? 'each' : `${count} of them` }];
  });
  return {
    kind: 'stack',
    name: `${first?.name} … ${last?.name}`,
    note: `${group.length} hosts`,
    roles: first?.roles ?? [],
    on,
    clustered: false,
  };
}

function inOrder(on: Column['on'], networks: string[]): Column['on'] {
  return [...on].sort((a, b) => networks.indexOf(a.network) - networks.indexOf(b.network));
}
