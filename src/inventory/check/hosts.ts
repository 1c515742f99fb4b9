import { nearest } from '../../document/nearest.ts';
import type { Check, CheckedHost } from './context.ts';
import { eachLayer } from './layers.ts';

/** Every host is on a network that there is, knows a way out, and somebody to ask for names. */
export function checkHosts(check: Check): void {
  const networks = Object.keys(check.inventory.networks);
  const asked = resolverSaid(check);
  for (const checked of check.hosts) {
    const { name, host, absent } = checked;
    const attached = Object.keys(host.networks);
    for (const network of attached) {
      if (networks.includes(network)) continue;
      const near = nearest(network, networks);
      check.report({
        code: 'unknown-network',
        path: ['hosts', name, 'networks', network],
        at: 'key',
        message: `there is no network ${network}`,
        hint:
          near !== undefined
            ? `did you mean ${near}?`
            : networks.length > 0
              ? `there are ${networks.join(', ')}`
              : undefined,
        about: [['networks', network]],
      });
    }
    if (absent) continue;
    const path = ['hosts', name];
    const about = [['networks'], ['hosts', name, 'networks']];
    if (attached.length === 0) {
      check.report({ code: 'no-network', path, at: 'key', message: `${name} is on no network` });
    } else if (attached.every((network) => networks.includes(network)) && !hasWayOut(check, checked)) {
      const message = `${name} has no default route: no network of its has a gateway or DHCP`;
      check.report({ severity: 'warning', code: 'no-default-route', path, at: 'key', message, about });
    }
    if (!asked(checked) && !attached.some((network) => check.inventory.networks[network]?.dhcp)) {
      const message = `${name} has no DNS server to ask`;
      const hint = 'such as dns: { servers: [192.168.0.1] }';
      check.report({ severity: 'warning', code: 'no-resolver', path, at: 'key', message, hint, about });
    }
    checkFunctions(check, checked);
  }
}

function hasWayOut({ inventory }: Check, { host }: CheckedHost): boolean {
  return Object.entries(host.networks).some(([name, { address }]) => {
    const network = inventory.networks[name];
    if (!network || address === 'none') return false;
    return network.dhcp || (network.gateway !== undefined && network.gateway !== address);
  });
}

/** Whether somebody wrote DNS servers for a host. */
function resolverSaid(check: Check): (checked: CheckedHost) => boolean {
  const said = new Set<string>();
  eachLayer(check.inventory, ({ dns }, path) => {
    if (dns?.servers && dns.servers.length > 0) said.add(path.join('.'));
  });
  return ({ name, host }) =>
    said.has('') ||
    said.has(`hosts.${name}`) ||
    (host.groups ?? []).some((group) => said.has(`groups.${group}`));
}

/** For each use a host has one network: with two, nobody could tell which a service is to listen on. */
function checkFunctions(check: Check, { name, host }: CheckedHost): void {
  const seen = new Map<string, string>();
  for (const network of Object.keys(host.networks)) {
    const { for: uses = [network] } = check.inventory.networks[network] ?? {};
    for (const use of new Set<string>(uses)) {
      const first = seen.get(use);
      if (first === undefined) {
        seen.set(use, network);
        continue;
      }
      check.report({
        code: 'use-twice',
        path: ['hosts', name, 'networks', network],
        at: 'key',
        message: `${name} is on two networks for ${use}: ${first} and ${network}`,
        hint: `change the "for" of one of the two networks`,
        also: [{ message: first, path: ['hosts', name, 'networks', first], at: 'key' }],
        about: [['networks']],
      });
    }
  }
}
