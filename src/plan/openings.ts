import type { Component, PortRule } from '../library/types.ts';
import type { FleetView, HostNetwork, Opening, Peer } from './types.ts';

/**
 * The firewall openings of a host, from the ports of its components. Hosts of a listed role are named
 * by address; everybody else by network, so that a new host never changes the seeds of others.
 */
export function openingsOf(
  components: Component[],
  networks: HostNetwork[],
  fleet: FleetView,
  listed: Map<string, Peer[]>,
): Opening[] {
  return components
    .flatMap((component) =>
      component.ports.flatMap((rule) =>
        networksFor(rule, networks).map(
          (network): Opening => ({
            component: component.name,
            protocol: rule.protocol,
            port: String(rule.port),
            interface: network.interface,
            sources: sourcesOf(rule, network, fleet, listed),
          }),
        ),
      ),
    )
    .filter((opening, _, all) => all.findIndex((other) => same(other, opening)) === all.indexOf(opening));
}

function same(one: Opening, other: Opening): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function networksFor(rule: PortRule, networks: HostNetwork[]): HostNetwork[] {
  if (rule.network === 'external') return networks.filter((network) => network.external);
  const inner = networks.filter((network) => !network.external);
  if (rule.network === 'all') return inner;
  return inner.filter((network) => network.functions.includes(rule.network)).slice(0, 1);
}

/** Empty where anybody may connect, or where the network's addresses are unknown. */
function sourcesOf(
  rule: PortRule,
  network: HostNetwork,
  fleet: FleetView,
  listed: Map<string, Peer[]>,
): string[] {
  if (rule.from === 'any') return [];
  if (rule.from === 'fleet') {
    const inner = fleet.networks.filter((one) => !one.external);
    return inner.some((one) => !one.cidr) ? [] : inner.flatMap((one) => one.cidr ?? []).sort();
  }
  if (rule.from === 'network') return network.cidr ? [network.cidr] : [];
  const peers = listed.get(rule.from.slice('role:'.length)) ?? [];
  return peers.flatMap((peer) => peer.addresses[network.name] ?? []).sort();
}
