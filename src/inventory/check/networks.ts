import { contains, overlaps, toAddress, toBlock, toCidr, toNumber } from '../ipv4.ts';
import type { Check } from './context.ts';

export function checkNetworks(check: Check): void {
  const networks = Object.entries(check.inventory.networks);
  const used = new Set(
    check.hosts.filter((host) => !host.absent).flatMap(({ host }) => Object.keys(host.networks)),
  );
  for (const [name, network] of networks) {
    const path = ['networks', name];
    if (network.cidr === undefined && !network.dhcp) {
      const hint = 'such as cidr: 192.168.0.0/24, or dhcp: true';
      check.report({
        code: 'cidr-missing',
        path,
        at: 'key',
        message: 'no cidr, and no DHCP either',
        hint,
        about: [[...path, 'cidr']],
      });
    }
    if (network.cidr !== undefined) checkCidr(check, name, network.cidr);
    if (network.gateway !== undefined) checkGateway(check, name, network.gateway, network.cidr);
    if (network.dhcp && network.gateway !== undefined) {
      const message = 'a gateway on a network that has DHCP: the DHCP server tells it';
      const hint = 'take the gateway out, or dhcp';
      check.report({
        severity: 'warning',
        code: 'gateway-unused',
        path: [...path, 'gateway'],
        message,
        hint,
      });
    }
    if (!used.has(name)) {
      const message = `no host is on the network ${name}`;
      check.report({
        severity: 'warning',
        code: 'network-unused',
        path,
        at: 'key',
        message,
        whole: [['hosts']],
      });
    }
  }
  checkOverlaps(check);
}

function checkCidr(check: Check, name: string, cidr: string): void {
  const own = toCidr(toBlock(cidr));
  if (own === cidr) return;
  const message = `${cidr} is an address in the network ${own}, not the network`;
  check.report({ code: 'cidr-not-network', path: ['networks', name, 'cidr'], message, hint: `write ${own}` });
}

function checkGateway(check: Check, name: string, gateway: string, cidr: string | undefined): void {
  const path = ['networks', name, 'gateway'];
  const also = [{ message: 'the network', path: ['networks', name, 'cidr'] }];
  if (cidr === undefined) return;
  const block = toBlock(cidr);
  if (!contains(block, gateway)) {
    const message = `the gateway is not in the network ${cidr}`;
    check.report({
      code: 'gateway-outside',
      path,
      message,
      hint: `such as ${toAddress(block.first + 1)}`,
      also,
    });
  } else if (toNumber(gateway) === block.first || toNumber(gateway) === block.last) {
    const message = `${gateway} is the ${toNumber(gateway) === block.first ? 'network' : 'broadcast'} address of ${cidr}`;
    check.report({ code: 'address-not-host', path, message, also });
  }
}

/** Sorted by their beginning, each network is compared with the widest one before it. */
function checkOverlaps(check: Check): void {
  const blocks = Object.entries(check.inventory.networks)
    .flatMap(([name, { cidr }], order) =>
      cidr === undefined ? [] : [{ name, cidr, order, block: toBlock(cidr) }],
    )
    .sort((a, b) => a.block.first - b.block.first || b.block.last - a.block.last);
  let widest = blocks[0];
  for (const current of blocks.slice(1)) {
    if (widest && overlaps(widest.block, current.block)) {
      const [first, second] = widest.order < current.order ? [widest, current] : [current, widest];
      check.report({
        code: 'network-overlap',
        path: ['networks', second.name, 'cidr'],
        message: `${second.cidr} overlaps ${first.cidr} of the network ${first.name}`,
        also: [{ message: first.name, path: ['networks', first.name, 'cidr'] }],
      });
    }
    if (!widest || current.block.last > widest.block.last) widest = current;
  }
}
