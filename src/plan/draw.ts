import { contains, toAddress, toBlock, toNumber } from '../inventory/ipv4.ts';
import type { Inventory, InventoryHost } from '../inventory/schema.ts';
import type { Finding } from '../report/finding.ts';
import { goneControllers } from './ever.ts';
import type { Lock } from './lock.ts';

/** Addresses of every host by network, given or drawn; and the drawn ones, for the lock. */
export interface Addresses {
  of: Map<string, Map<string, string>>;
  drawn: Lock['addresses'];
  findings: Finding[];
}

/**
 * Gives each host an address on each network that has a range and where the host names none. An
 * address that the lock holds stays as long as it is in its network and nobody else was given it; so
 * neither the order of the hosts nor new hosts ever move one. Hosts that left free theirs, but for controllers:
 * who looks for one of these must not find somebody else.
 */
export function drawAddresses(inventory: Inventory, lock: Lock): Addresses {
  const of = new Map(Object.keys(inventory.hosts).map((name) => [name, new Map<string, string>()]));
  const drawn: Lock['addresses'] = new Map();
  const findings: Finding[] = [];
  const remembered = goneControllers(inventory, lock).map(({ address }) => address);
  for (const [network, { range, cidr, gateway, dhcp }] of Object.entries(inventory.networks)) {
    const taken = new Set<string>([...(gateway ? [gateway] : []), ...remembered]);
    for (const vip of Object.values(inventory.vips ?? {})) if (vip[network]) taken.add(vip[network]);
    const wanting: string[] = [];
    for (const [name, host] of Object.entries(inventory.hosts)) {
      const given = host.networks[network]?.address;
      if (given && given !== 'none') {
        of.get(name)?.set(network, given);
        taken.add(given);
      } else if (range && !dhcp && wantsOne(host, network)) wanting.push(name);
    }
    if (!range) continue;
    const keep = (name: string, address: string) => {
      of.get(name)?.set(network, address);
      taken.add(address);
      const ofHost = drawn.get(name) ?? new Map<string, string>();
      drawn.set(name, ofHost.set(network, address));
    };
    const block = cidr ? toBlock(cidr) : undefined;
    const unlocked = wanting.filter((name) => {
      const locked = lock.addresses.get(name)?.get(network);
      if (!locked || taken.has(locked) || (block && !contains(block, locked))) return true;
      keep(name, locked);
      return false;
    });
    let next = toNumber(range.from);
    for (const name of unlocked) {
      while (next <= toNumber(range.to) && taken.has(toAddress(next))) next++;
      if (next > toNumber(range.to)) {
        findings.push({
          severity: 'error',
          code: 'range-exhausted',
          path: `networks.${network}.range`,
          message: `no address is left for ${name}`,
          hint: 'widen the range, or give some hosts addresses of their own',
        });
        break;
      }
      keep(name, toAddress(next));
    }
  }
  return { of, drawn, findings };
}

function wantsOne(host: InventoryHost, network: string): boolean {
  const attachment = host.networks[network];
  return attachment !== undefined && attachment.address === undefined;
}
