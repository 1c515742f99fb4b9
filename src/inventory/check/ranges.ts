import { contains, toBlock, toNumber } from '../ipv4.ts';
import type { InventoryNetwork } from '../schema.ts';
import type { Check } from './context.ts';

/** A range is inside its network, goes upwards, and is large enough for the hosts that draw from it. */
export function checkRanges(check: Check): void {
  for (const [name, network] of Object.entries(check.inventory.networks)) {
    if (!network.range) continue;
    const path = ['networks', name, 'range'];
    if (network.dhcp) {
      const message = 'a range on a network that has DHCP: addresses are drawn by one of the two';
      check.report({ code: 'range-with-dhcp', path, at: 'key', message, hint: 'take one of the two out' });
    }
    const { from, to } = network.range;
    if (toNumber(from) > toNumber(to)) {
      const message = `the range ends before it begins`;
      check.report({ code: 'range-inverted', path, at: 'key', message, hint: `from: ${to}, to: ${from}` });
      continue;
    }
    if (checkEnds(check, name, network)) checkSize(check, name, network);
  }
}

function checkEnds(check: Check, name: string, { range, cidr }: InventoryNetwork): boolean {
  if (!range || cidr === undefined) return false;
  const block = toBlock(cidr);
  const also = [{ message: 'the network', path: ['networks', name, 'cidr'] }];
  let good = true;
  for (const key of ['from', 'to'] as const) {
    const path = ['networks', name, 'range', key];
    const number = toNumber(range[key]);
    if (!contains(block, range[key])) {
      check.report({ code: 'range-outside', path, message: `not in the network ${cidr}`, also });
      good = false;
    } else if (number === block.first || number === block.last) {
      const kind = number === block.first ? 'network' : 'broadcast';
      check.report({
        code: 'address-not-host',
        path,
        message: `this is the ${kind} address of ${cidr}`,
        also,
      });
      good = false;
    }
  }
  return good;
}

function checkSize(check: Check, name: string, { range, gateway }: InventoryNetwork): void {
  if (!range) return;
  const inside = (address: string | undefined): boolean =>
    address !== undefined &&
    toNumber(address) >= toNumber(range.from) &&
    toNumber(address) <= toNumber(range.to);
  const on = check.hosts.flatMap(({ host }) => (host.networks[name] ? [host.networks[name].address] : []));
  const vips = Object.values(check.inventory.vips ?? {}).map((vip) => vip[name]);
  const taken = new Set([...on, ...vips, gateway].filter(inside)).size;
  const free = toNumber(range.to) - toNumber(range.from) + 1 - taken;
  const wanted = on.filter((address) => address === undefined).length;
  if (wanted <= free) return;
  const message = `${wanted} hosts draw their address from this range, which has ${free} to give`;
  check.report({
    code: 'range-too-small',
    path: ['networks', name, 'range'],
    at: 'key',
    message,
    hint: 'widen it, or give some of the hosts an address of their own',
    whole: [['hosts']],
  });
}
