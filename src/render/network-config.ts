import type { Platform } from '../library/types.ts';
import type { Device, HostNetwork, HostPlan } from '../plan/types.ts';

/**
 * network-config of a host as a value, in the version that the platform's cloud-init reads.
 *
 * Version 2 is netplan's form. On platforms whose cloud-init writes it to /etc/network/interfaces,
 * default routes are spelt `gateway4`: a route to 0.0.0.0/0 becomes a `route add` there, which fails
 * in silence without net-tools, and `to: default` is refused.
 * Sources: cloud-init's network-config-format-v1 and -v2; its eni renderer.
 */
export function networkConfig(host: HostPlan, platform: Platform): Record<string, unknown> {
  return platform.cloudInit.networkVersion === 1 ? versionOne(host) : versionTwo(host, platform);
}

/** The network whose NIC gets the resolvers: the default route's, else the first with an address. */
function resolverNetwork(host: HostPlan): HostNetwork | undefined {
  return (
    host.networks.find((network) => network.defaultRoute && network.address) ??
    host.networks.find((network) => network.address)
  );
}

function networkOf(host: HostPlan, device: Device): HostNetwork | undefined {
  return host.networks.find((network) => network.name === device.network);
}

function versionTwo(host: HostPlan, platform: Platform): Record<string, unknown> {
  const section = (kind: Device['kind']) =>
    host.devices
      .filter((device) => device.kind === kind)
      .map((device) => [device.name, { ...deviceTwo(device), ...addressTwo(host, platform, device) }]);
  const sections = { ethernets: section('physical'), bonds: section('bond'), vlans: section('vlan') };
  const filled = Object.entries(sections).filter(([, entries]) => entries.length > 0);
  return {
    version: 2,
    ...Object.fromEntries(filled.map(([name, entries]) => [name, Object.fromEntries(entries)])),
  };
}

function deviceTwo(device: Device): Record<string, unknown> {
  return {
    ...(device.mac && { match: { macaddress: device.mac }, 'set-name': device.name }),
    ...(device.members && { interfaces: device.members }),
    ...(device.bond && { parameters: { mode: device.bond.mode, ...numbers(device.bond.options) } }),
    ...(device.link && { link: device.link, id: device.vlan }),
    ...(device.mtu && { mtu: device.mtu }),
  };
}

function numbers(options: Record<string, string>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, /^[0-9]+$/.test(value) ? Number(value) : value]),
  );
}

function addressTwo(host: HostPlan, platform: Platform, device: Device): Record<string, unknown> {
  const network = networkOf(host, device);
  if (!network) return {};
  // A host does not wait at boot for an outside network that may be away.
  if (network.dhcp) return { dhcp4: true, ...(network.external && { optional: true }) };
  if (!network.address) return { dhcp4: false };
  const routes = { routes: [{ to: '0.0.0.0/0', via: network.gateway }] };
  const gateway = platform.cloudInit.defaultRoute === 'gateway4' ? { gateway4: network.gateway } : routes;
  const { servers, search } = host.dns;
  const named = resolverNetwork(host) === network && servers.length > 0;
  return {
    dhcp4: false,
    addresses: [`${network.address}/${network.prefix}`],
    ...(network.defaultRoute && network.gateway && gateway),
    ...(named && { nameservers: { addresses: servers, search } }),
  };
}

function versionOne(host: HostPlan): Record<string, unknown> {
  return {
    version: 1,
    config: host.devices.map((device) => ({
      type: device.kind,
      name: device.name,
      ...(device.mac && { mac_address: device.mac }),
      ...(device.members && { bond_interfaces: device.members }),
      ...(device.bond && { params: bondOne(device.bond) }),
      ...(device.link && { vlan_link: device.link, vlan_id: device.vlan }),
      ...(device.mtu && { mtu: device.mtu }),
      subnets: subnetsOne(host, device),
    })),
  };
}

/** Version 1 takes the kernel's own names for the options of a bond, each behind `bond-`. */
function bondOne({ mode, options }: NonNullable<Device['bond']>): Record<string, string | number> {
  const kernel: Record<string, string> = {
    'mii-monitor-interval': 'bond-miimon',
    'lacp-rate': 'bond-lacp_rate',
    'transmit-hash-policy': 'bond-xmit_hash_policy',
  };
  const entries = Object.entries(options).map(([key, value]) => [kernel[key] ?? key, value]);
  return { 'bond-mode': mode, ...numbers(Object.fromEntries(entries)) };
}

function subnetsOne(host: HostPlan, device: Device): Record<string, unknown>[] {
  const network = networkOf(host, device);
  if (!network) return device.kind === 'physical' ? [] : [{ type: 'manual' }];
  if (network.dhcp) return [{ type: 'dhcp4' }];
  if (!network.address) return [{ type: 'manual' }];
  const { servers, search } = host.dns;
  const named = resolverNetwork(host) === network && servers.length > 0;
  return [
    {
      type: 'static',
      address: `${network.address}/${network.prefix}`,
      ...(network.defaultRoute && network.gateway && { gateway: network.gateway }),
      ...(named && { dns_nameservers: servers, dns_search: search }),
    },
  ];
}
