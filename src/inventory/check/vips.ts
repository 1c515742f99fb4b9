import { nearest } from '../../document/nearest.ts';
import { toNumber } from '../ipv4.ts';
import type { Check } from './context.ts';

/** VIPs are on networks that there are, and where a host is that can hold them. */
export function checkVips(check: Check): void {
  const { inventory } = check;
  const networks = Object.keys(inventory.networks);
  const holders = check.hosts.filter((host) => !host.absent && isHolder(check, host.roles));
  for (const [name, addresses] of Object.entries(inventory.vips ?? {})) {
    if (Object.keys(addresses).length === 0) {
      const message = 'a virtual address without an address';
      check.report({
        code: 'vip-empty',
        path: ['vips', name],
        at: 'key',
        message,
        hint: 'such as public: 192.168.0.50',
      });
    }
    for (const [network, address] of Object.entries(addresses)) {
      const path = ['vips', name, network];
      const about = [['networks', network]];
      const whole = [['hosts'], ['groups']];
      if (!networks.includes(network)) {
        const near = nearest(network, networks);
        const hint = near && `did you mean ${near}?`;
        check.report({
          code: 'unknown-network',
          path,
          at: 'key',
          message: `there is no network ${network}`,
          hint,
          about,
        });
      } else if (!holders.some(({ host }) => Object.hasOwn(host.networks, network))) {
        const message = `no controller is on the network ${network} to hold it`;
        check.report({ code: 'vip-unheld', path, at: 'key', message, about, whole });
      }
      const range = inventory.networks[network]?.range;
      if (range && between(address, range.from, range.to)) {
        check.report({
          severity: 'warning',
          code: 'vip-in-range',
          path,
          message: 'inside the range that addresses of hosts are drawn from',
          hint: 'choose one outside of it: a host may have this address already',
          also: [{ message: 'the range', path: ['networks', network, 'range'], at: 'key' }],
        });
      }
    }
  }
}

/** Roles of which a majority counts are those that run the cluster which moves the VIPs. */
function isHolder({ library }: Check, roles: string[]): boolean {
  return roles.some((role) => library.roles.get(role)?.count === 'odd');
}

function between(address: string, from: string, to: string): boolean {
  return toNumber(address) >= toNumber(from) && toNumber(address) <= toNumber(to);
}
