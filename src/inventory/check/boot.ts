import { nearest } from '../../document/nearest.ts';
import { contains, toBlock, toNumber } from '../ipv4.ts';
import type { Check } from './context.ts';

/** Machines boot from a network that there is, from a server that is named, and get addresses that nobody has. */
export function checkBoot(check: Check): void {
  const { boot, networks } = check.inventory;
  if (!boot) return;
  if (boot.server === undefined && boot.url === undefined) {
    check.report({
      code: 'boot-server-missing',
      path: ['boot'],
      at: 'key',
      message: 'neither server nor url is given',
      hint: 'such as server: 192.168.1.2',
      about: [
        ['boot', 'server'],
        ['boot', 'url'],
      ],
    });
  }
  checkPlatformNames(check);
  if (boot.network === undefined) return;
  const network = Object.hasOwn(networks, boot.network) ? networks[boot.network] : undefined;
  const path = ['boot', 'network'];
  if (!network) {
    const near = nearest(boot.network, Object.keys(networks));
    const hint = near && `did you mean ${near}?`;
    const about = [['networks', boot.network]];
    check.report({
      code: 'unknown-network',
      path,
      message: `there is no network ${boot.network}`,
      hint,
      about,
    });
    return;
  }
  if (network.cidr === undefined && boot.dhcp !== 'none') {
    check.report({
      code: 'boot-cidr-missing',
      path,
      message: `the network ${boot.network} has no cidr, which dnsmasq must know`,
      hint: 'give it one, or write dhcp: none',
      about: [['networks', boot.network, 'cidr']],
    });
  }
  if (network.dhcp && boot.dhcp === 'authoritative') {
    check.report({
      severity: 'warning',
      code: 'boot-dhcp-twice',
      path: ['boot', 'dhcp'],
      message: `the network ${boot.network} has a DHCP server already (dhcp: true)`,
      hint: 'write dhcp: proxy',
    });
  }
  if (boot.range && network.cidr !== undefined) checkRange(check, boot.range, boot.network, network.cidr);
}

function checkPlatformNames(check: Check): void {
  const known = [...check.library.platforms.keys()];
  for (const name of Object.keys(check.inventory.boot?.images ?? {})) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near ? `did you mean ${near}?` : `there are ${known.sort().join(', ')}`;
    const path = ['boot', 'images', name];
    check.report({
      code: 'unknown-platform',
      path,
      at: 'key',
      message: `there is no platform ${name}`,
      hint,
    });
  }
}

function checkRange(check: Check, range: { from: string; to: string }, name: string, cidr: string): void {
  const path = ['boot', 'range'];
  const block = toBlock(cidr);
  for (const key of ['from', 'to'] as const) {
    const number = toNumber(range[key]);
    if (contains(block, range[key]) && number !== block.first && number !== block.last) continue;
    const message = `no address for a host in the network ${cidr}`;
    const also = [{ message: 'the network', path: ['networks', name, 'cidr'] }];
    check.report({ code: 'range-outside', path: [...path, key], message, also });
  }
  if (toNumber(range.from) > toNumber(range.to)) {
    const hint = `from: ${range.to}, to: ${range.from}`;
    check.report({
      code: 'range-inverted',
      path,
      at: 'key',
      message: 'the range ends before it begins',
      hint,
    });
    return;
  }
  const drawn = check.inventory.networks[name]?.range;
  if (drawn && toNumber(drawn.from) <= toNumber(range.to) && toNumber(range.from) <= toNumber(drawn.to)) {
    const message = 'addresses of hosts are drawn from the same range, and strangers could get them';
    const also = [
      { message: 'the range of the hosts', path: ['networks', name, 'range'], at: 'key' as const },
    ];
    check.report({ code: 'boot-range-taken', path, at: 'key', message, hint: 'choose another one', also });
  }
  for (const { name: host, host: machine, absent } of check.hosts) {
    const address = machine.networks[name]?.address;
    if (absent || address === undefined || address === 'none') continue;
    if (toNumber(address) < toNumber(range.from) || toNumber(address) > toNumber(range.to)) continue;
    check.report({
      code: 'boot-range-taken',
      path,
      at: 'key',
      message: `${address} is the address of ${host}, and strangers could get it`,
      hint: 'choose a range that no host is in',
      also: [{ message: 'the host', path: ['hosts', host, 'networks', name, 'address'] }],
    });
  }
}
