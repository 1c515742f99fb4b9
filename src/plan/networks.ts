import { toBlock } from '../inventory/ipv4.ts';
import type { Inventory, InventoryHost } from '../inventory/schema.ts';
import type { Device, FleetView, HostNetwork } from './types.ts';

type Functions = 'manage' | 'public' | 'storage' | 'tunnel';
const functions: readonly string[] = ['manage', 'public', 'storage', 'tunnel'] satisfies Functions[];

/** What a network is for: as the inventory says, else what its own name says. */
export function functionsOf(inventory: Inventory, network: string): string[] {
  return inventory.networks[network]?.for ?? (functions.includes(network) ? [network] : []);
}

export function fleetNetworks(inventory: Inventory): FleetView['networks'] {
  return byName(inventory.networks).map(([name, network]) => ({
    name,
    functions: functionsOf(inventory, name),
    external: network.external ?? false,
    ...(network.cidr && { cidr: network.cidr }),
    ...(network.gateway && { gateway: network.gateway }),
    ...(network.vlan && { vlan: network.vlan }),
  }));
}

/** Entries of a map whose order means nothing, by name: so that moving lines about changes no seed. */
export function byName<T>(map: Record<string, T> | undefined): [string, T][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The networks of a host by name, with its default route chosen. */
export function hostNetworks(
  inventory: Inventory,
  host: InventoryHost,
  addresses: Map<string, string>,
): HostNetwork[] {
  const networks = byName(host.networks).map(([name]) =>
    hostNetwork(inventory, host, name, addresses.get(name)),
  );
  const router =
    networks.find((network) => network.external && (network.dhcp || network.gateway)) ??
    routed(networks, 'public') ??
    routed(networks, 'manage') ??
    networks.find((network) => network.gateway && network.address) ??
    networks.find((network) => network.dhcp);
  if (router) router.defaultRoute = true;
  giveFallbacks(networks);
  return networks;
}

function routed(networks: HostNetwork[], wanted: Functions): HostNetwork | undefined {
  return networks.find((network) => network.functions.includes(wanted) && network.gateway && network.address);
}

function hostNetwork(
  inventory: Inventory,
  host: InventoryHost,
  name: string,
  address: string | undefined,
): HostNetwork {
  const network = inventory.networks[name];
  const attachment = host.networks[name];
  const mtu = attachment?.mtu ?? network?.mtu;
  // A router is not its own gateway.
  const gateway = network?.gateway === address ? undefined : network?.gateway;
  return {
    name,
    functions: [...functionsOf(inventory, name)],
    interface: interfaceOf(inventory, host, name),
    dhcp: (network?.dhcp ?? false) && attachment?.address !== 'none',
    defaultRoute: false,
    external: network?.external ?? false,
    ...(address && { address }),
    ...(network?.cidr && { cidr: network.cidr, prefix: toBlock(network.cidr).prefix }),
    ...(gateway && { gateway }),
    ...(mtu && { mtu }),
    ...(network?.vlan && { vlan: network.vlan }),
  };
}

/** storage falls back to manage; where nothing is said, a host's only inner network serves as manage. */
function giveFallbacks(networks: HostNetwork[]): void {
  const inner = networks.filter((network) => !network.external);
  const has = (wanted: Functions) => networks.find((network) => network.functions.includes(wanted));
  const [only] = inner;
  if (!has('manage') && inner.length === 1 && only) only.functions.push('manage');
  if (!has('storage')) has('manage')?.functions.push('storage');
}

function interfaceOf(inventory: Inventory, host: InventoryHost, name: string): string {
  const attachment = host.networks[name];
  if (inventory.networks[name]?.vlan || attachment?.mac) return name;
  return attachment?.bond ?? attachment?.interface ?? name;
}

/** A NIC that only carries VLANs or a bond: named by what of its MAC is its own. */
function nicName(mac: string): string {
  return `nic${mac.replace(/[:-]/g, '').slice(6).toLowerCase()}`;
}

const isMac = (text: string) => /^([0-9A-Fa-f]{2}[:-]){5}/.test(text);

/** The devices of a host, parents before children, each once. */
export function hostDevices(host: InventoryHost, networks: HostNetwork[]): Device[] {
  const devices = new Map<string, Device>();
  const physical = (nic: string, name?: string): Device => {
    const device: Device = isMac(nic)
      ? { kind: 'physical', name: name ?? nicName(nic), mac: nic.toLowerCase().replaceAll('-', ':') }
      : { kind: 'physical', name: nic };
    const known = devices.get(device.name) ?? device;
    devices.set(known.name, known);
    return known;
  };
  for (const [name, bond] of byName(host.bonds)) {
    const members = bond.members.map((member) => physical(member).name);
    const options: Record<string, string> = {
      'mii-monitor-interval': String(bond.mii_monitor_interval ?? 100),
    };
    if (bond.lacp_rate) options['lacp-rate'] = bond.lacp_rate;
    if (bond.transmit_hash_policy) options['transmit-hash-policy'] = bond.transmit_hash_policy;
    devices.set(name, { kind: 'bond', name, members, bond: { mode: bond.mode ?? 'active-backup', options } });
  }
  const tagged = networks.filter((network) => network.vlan);
  for (const network of networks.filter((one) => !one.vlan)) {
    const attachment = host.networks[network.name];
    const device = attachment?.bond
      ? devices.get(attachment.bond)
      : physical(attachment?.mac ?? attachment?.interface ?? network.interface, network.interface);
    if (!device) continue;
    device.network = network.name;
    if (network.mtu) device.mtu = network.mtu;
  }
  for (const network of tagged) {
    const attachment = host.networks[network.name];
    const nic = attachment?.mac ?? attachment?.interface ?? '';
    const carrier = [...devices.values()].find((device) => device.mac && device.mac === attachment?.mac);
    const parent = attachment?.bond ? devices.get(attachment.bond) : (carrier ?? physical(nic));
    if (!parent) continue;
    // A frame of the VLAN must fit through what carries it.
    if (network.mtu && network.mtu > (parent.mtu ?? 1500)) parent.mtu = network.mtu;
    devices.set(network.name, {
      kind: 'vlan',
      name: network.name,
      link: parent.name,
      network: network.name,
      ...(network.vlan && { vlan: network.vlan }),
      ...(network.mtu && { mtu: network.mtu }),
    });
  }
  return [...devices.values()];
}
