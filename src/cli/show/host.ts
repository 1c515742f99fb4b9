import type { Fleet } from '../../generate/types.ts';
import type { Device, HostNetwork, HostPlan } from '../../plan/types.ts';
import { onOneLine, table } from '../table.ts';
import { shownValues } from './values.ts';

/** Everything that is decided about one host. */
export function describeHost(host: HostPlan, fleet: Fleet): string {
  return [
    `${host.fqdn}, ${host.platform}\n`,
    table([
      ['roles', host.roles.join(' ') || '-'],
      ['components', host.components.join(' ')],
    ]),
    section('networks', host.networks.map(networkRow)),
    section('devices', host.devices.map(deviceRow)),
    section('values, and where each comes from', valueRows(host, fleet)),
    section('peers by role', Object.entries(host.peers).map(peersRow)),
    section('ports that are open', host.openings.map(openingRow)),
    section('packages', host.packages.length > 0 ? [[host.packages.join(' ')]] : []),
    describeSecrets(host),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Names of the secrets in a host's seed, never their values. */
export function describeSecrets({ secrets }: HostPlan): string {
  return section(
    'secrets in its seed',
    secrets.map(({ label, scope, component }) => [
      label,
      scope === 'host' ? 'its own' : "the fleet's",
      component,
    ]),
  );
}

function section(title: string, rows: string[][]): string {
  return rows.length === 0 ? '' : `${title}\n${table(rows, 2)}`;
}

function networkRow(network: HostNetwork): string[] {
  const { address, prefix, gateway, mtu, vlan } = network;
  const notes = [
    ...(network.defaultRoute ? [gateway ? `default route by ${gateway}` : 'default route'] : []),
    ...(vlan === undefined ? [] : [`VLAN ${vlan}`]),
    ...(mtu === undefined ? [] : [`MTU ${mtu}`]),
    ...(network.external ? ['external'] : []),
  ];
  const what = address ? `${address}/${prefix}` : network.dhcp ? 'DHCP' : 'no address';
  return [network.name, what, `on ${network.interface}`, network.functions.join(' '), notes.join(', ')];
}

function deviceRow({ name, kind, mac, members, bond, link, vlan }: Device): string[] {
  const how = {
    physical: mac ?? 'by name',
    bond: `${bond?.mode} of ${members?.join(' ')}`,
    vlan: `${vlan} on ${link}`,
  }[kind];
  return [name, kind, how];
}

function valueRows(host: HostPlan, fleet: Fleet): string[][] {
  return shownValues(host, fleet).map(({ path, value, from, place }) => [
    path,
    onOneLine(value),
    from,
    place ? `${place.file}:${place.line}` : '',
  ]);
}

function peersRow([role, peers]: [string, HostPlan['peers'][string]]): string[] {
  return [role, peers.map(({ name }) => name).join(' ') || '-'];
}

function openingRow({
  protocol,
  port,
  sources,
  component,
  ...opening
}: HostPlan['openings'][number]): string[] {
  const from = sources.length > 0 ? `from ${sources.join(' ')}` : 'from anybody';
  return [`${protocol} ${port}`, opening.interface ? `on ${opening.interface}` : '', from, component];
}
