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
  const openings = components.flatMap((component) =>
    component.ports.flatMap((rule) =>
      networksFor(rule, networks).flatMap((network): Opening[] => {
        const sources = sourcesOf(rule, network, fleet, listed);
        if (!sources) return [];
        const { protocol } = rule;
        const port = String(rule.port);
        return [{ component: component.name, protocol, port, interface: network.interface, sources }];
      }),
    ),
  );
  // A network may have several functions, and a rule for each.
  return [...new Map(openings.map((opening) => [JSON.stringify(opening), opening])).values()];
}

function networksFor(rule: PortRule, networks: HostNetwork[]): HostNetwork[] {
  if (rule.network === 'external') return networks.filter((network) => network.external);
  const inner = networks.filter((network) => !network.external);
  if (rule.network === 'all') return inner;
  return inner.filter((network) => network.functions.includes(rule.network)).slice(0, 1);
}

/**
 * Empty: anybody on the network may connect, because the rule says so or its addresses are unknown.
 * Undefined: nobody may, because no host of the role is on it.
 */
function sourcesOf(
  rule: PortRule,
  network: HostNetwork,
  fleet: FleetView,
  listed: Map<string, Peer[]>,
): string[] | undefined {
  if (rule.from === 'any') return [];
  if (rule.from === 'fleet') {
    const inner = fleet.networks.filter((one) => !one.external);
    return inner.some((one) => !one.cidr) ? [] : inner.flatMap((one) => one.cidr ?? []).sort();
  }
  if (rule.from === 'network') return network.cidr ? [network.cidr] : [];
  const peers = listed.get(rule.from.slice('role:'.length)) ?? [];
  const addresses = peers.flatMap((peer) => peer.addresses[network.name] ?? []);
  return addresses.length > 0 ? addresses.sort() : undefined;
}
