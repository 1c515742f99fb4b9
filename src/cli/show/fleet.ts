import type { HostNetwork, HostPlan, Plan } from '../../plan/types.ts';
import { count, table } from '../table.ts';

/** The fleet at a glance: its networks, virtual addresses and hosts. */
export function describeFleet({ fleet, hosts }: Plan): string {
  const title = `fleet ${fleet.name}, domain ${fleet.domain}, ${count(hosts.length, 'host')}\n`;
  const networks = fleet.networks.map(({ name, cidr, gateway, vlan, functions, external }) => [
    name,
    cidr ?? 'DHCP',
    gateway ?? '-',
    vlan === undefined ? '-' : String(vlan),
    [...functions, ...(external ? ['external'] : [])].join(' '),
  ]);
  const vips = fleet.vips.map(({ fqdn, addresses }) => [
    fqdn,
    Object.entries(addresses)
      .map(([network, address]) => `${network} ${address}`)
      .join(', '),
  ]);
  return [
    title,
    table([['NETWORK', 'CIDR', 'GATEWAY', 'VLAN', 'USED FOR'], ...networks]),
    ...(vips.length > 0 ? [table([['VIRTUAL', 'ADDRESSES'], ...vips])] : []),
    table([['HOST', 'PLATFORM', 'ROLES', 'ADDRESSES'], ...hosts.map(hostRow)]),
  ].join('\n');
}

function hostRow({ name, platform, roles, networks }: HostPlan): string[] {
  return [name, platform, roles.join(' ') || '-', networks.map(shortly).join(', ')];
}

function shortly({ name, address, dhcp }: HostNetwork): string {
  return `${name} ${address ?? (dhcp ? 'DHCP' : '-')}`;
}
