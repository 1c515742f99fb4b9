import type { Path } from '../../document/types.ts';
import type { Component, Library } from '../../library/types.ts';
import { clusterRole } from '../cluster-role.ts';
import { contains, toAddress, toBlock, toNumber } from '../ipv4.ts';
import { manageNetwork } from './cluster.ts';
import type { Check, CheckedHost } from './context.ts';

/** Every address is in its network, is one that a host can have, and is had by one host or VIP only. */
export function checkAddresses(check: Check): void {
  const { inventory, hosts } = check;
  const first = new Map<string, { owner: string; path: Path }>();
  const take = (address: string, owner: string, network: string, path: Path, code: string): void => {
    checkInside(check, address, network, path);
    const other = first.get(address);
    if (other === undefined) {
      first.set(address, { owner, path });
      return;
    }
    const message = `${address} is already the address of ${other.owner}`;
    check.report({ code, path, message, also: [{ message: other.owner, path: other.path }] });
  };
  for (const { name, host, absent } of hosts) {
    for (const [network, { address }] of Object.entries(host.networks)) {
      if (address === undefined || address === 'none') continue;
      const owner = absent ? `${name}, which is absent but keeps it` : name;
      take(address, owner, network, ['hosts', name, 'networks', network, 'address'], 'address-duplicate');
    }
  }
  for (const [name, addresses] of Object.entries(inventory.vips ?? {})) {
    for (const [network, address] of Object.entries(addresses)) {
      const path = ['vips', name, network];
      take(address, `the VIP ${name}`, network, path, 'vip-taken');
      if (address === inventory.networks[network]?.gateway) {
        const also = [{ message: 'the gateway', path: ['networks', network, 'gateway'] }];
        check.report({ code: 'vip-taken', path, message: `${address} is the gateway of ${network}`, also });
      }
    }
  }
  for (const checked of hosts) {
    if (checked.absent) continue;
    checkKnown(check, checked);
    checkGateway(check, checked);
  }
}

function checkInside(check: Check, address: string, network: string, path: Path): void {
  const cidr = check.inventory.networks[network]?.cidr;
  if (cidr === undefined) return;
  const block = toBlock(cidr);
  const also = [{ message: 'the network', path: ['networks', network, 'cidr'] }];
  const number = toNumber(address);
  if (!contains(block, address)) {
    const hint = `it has ${toAddress(block.first + 1)} to ${toAddress(block.last - 1)}`;
    check.report({
      code: 'address-outside',
      path,
      message: `${address} is not in the network ${cidr}`,
      hint,
      also,
    });
  } else if (number === block.first || number === block.last) {
    const kind = number === block.first ? 'network' : 'broadcast';
    const message = `${address} is the ${kind} address of ${cidr}`;
    check.report({ code: 'address-not-host', path, message, also });
  }
}

/** Who has the address of a gateway is expected to forward. */
function checkGateway(check: Check, { name, host, roles }: CheckedHost): void {
  if (componentsOf(check.library, roles).some((component) => component.name === 'routing')) return;
  for (const [network, { address }] of Object.entries(host.networks)) {
    const gateway = check.inventory.networks[network]?.gateway;
    if (address === undefined || address !== gateway) continue;
    check.report({
      severity: 'warning',
      code: 'gateway-taken',
      path: ['hosts', name, 'networks', network, 'address'],
      message: `${address} is the gateway of ${network}, but ${name} does not route`,
      hint: 'give it another address, or a role that routes, such as inner-router',
      also: [{ message: 'the gateway', path: ['networks', network, 'gateway'] }],
      whole: [['groups'], ['hosts', name]],
    });
  }
}

/** A host has an address, or something that gives it one; and where others are told of it, we must know it. */
function checkKnown(check: Check, checked: CheckedHost): void {
  const { name, host, roles } = checked;
  for (const [networkName, attachment] of Object.entries(host.networks)) {
    const network = check.inventory.networks[networkName];
    if (!network || attachment.address !== undefined) continue;
    const path = ['hosts', name, 'networks', networkName];
    const about = [
      ['networks', networkName],
      [...path, 'address'],
    ];
    if (!network.dhcp && !network.range) {
      const message = `no address for ${name}, and ${networkName} has neither a range nor DHCP`;
      const hint = 'give it an address, or "none" for a NIC that carries none';
      check.report({ code: 'address-missing', path, at: 'key', message, hint, about });
    } else if (network.dhcp && !network.external) {
      // checkCluster says it.
      if (roles.includes(clusterRole) && networkName === manageNetwork(check, host)) continue;
      const told = toldOf(check, checked);
      if (!told) continue;
      const message = `${told.component} of ${told.host} names the hosts of role ${told.role}, but the address of ${name} comes by DHCP`;
      const hint = 'write the address that the DHCP server keeps for it';
      check.report({ code: 'address-unknown', path, at: 'key', message, hint, about });
    }
  }
}

/** A component of another host whose files or firewall name this host, by a role of its. */
function toldOf(
  { hosts, library }: Check,
  { name, roles }: CheckedHost,
): { host: string; component: string; role: string } | undefined {
  const listed = roles.filter((role) => library.roles.get(role)?.listed);
  if (listed.length === 0) return undefined;
  for (const other of hosts) {
    if (other.name === name || other.absent) continue;
    for (const component of componentsOf(library, other.roles)) {
      const role = listed.find((one) => namesRole(component, one));
      if (role !== undefined) return { host: other.name, component: component.name, role };
    }
  }
  return undefined;
}

function componentsOf(library: Library, roles: string[]): Component[] {
  const names = new Set(['base', ...roles].flatMap((role) => library.roles.get(role)?.components ?? []));
  return [...names].flatMap((name) => library.components.get(name) ?? []);
}

function namesRole({ talksTo, ports }: Component, role: string): boolean {
  return talksTo.includes(role) || ports.some(({ from }) => from === `role:${role}`);
}
