import { createHash } from 'node:crypto';
import type { Inventory, InventoryHost } from '../inventory/schema.ts';
import type { Finding } from '../report/finding.ts';
import type { Addresses } from './draw.ts';
import { clusterId, goneControllers } from './ever.ts';
import type { Lock, LockedCluster } from './lock.ts';
import { hostNetworks } from './networks.ts';
import type { ClusterPlan, Controller } from './types.ts';

/** A host of the inventory that has the role, whether it is present or absent. */
export interface ClusterHost {
  name: string;
  host: InventoryHost;
}

/**
 * Who belongs to the cluster. A controller that the lock holds stays in `ever` when it becomes absent or leaves
 * the inventory, with the address that it had: it may hold the only data. Another id than the lock's begins
 * afresh with those that are present. Where there is no cluster in the lock, nothing is known of what was
 * before, and those that the inventory calls absent count.
 */
export function clusterMembers(
  inventory: Inventory,
  hosts: ClusterHost[],
  addresses: Addresses,
  locked: LockedCluster | undefined,
): Omit<ClusterPlan, 'shared'> | undefined {
  const id = clusterId(inventory);
  const address = ({ name, host }: ClusterHost): string | undefined => {
    const networks = hostNetworks(inventory, host, addresses.of.get(name) ?? new Map());
    return networks.find(({ functions }) => functions.includes('manage'))?.address;
  };
  const present = hosts.filter(({ host }) => host.state !== 'absent');
  if (present.length === 0) return undefined;
  const controllers = present.map((one, index): Controller => {
    const { name, host } = one;
    const own = address(one);
    if (own === undefined) throw new Error(`${name}: no address on the management network`);
    const { bmc } = host;
    return {
      name,
      fqdn: `${name}.${inventory.domain}`,
      addresses: Object.fromEntries(addresses.of.get(name) ?? []),
      rank: index + 1,
      address: own,
      ...(bmc && { bmc: { address: bmc.address, ...(bmc.user !== undefined && { user: bmc.user }) } }),
    };
  });
  const ever = new Map(locked?.id === id ? locked.controllers : []);
  if (locked === undefined) {
    for (const one of hosts) {
      const known = address(one);
      if (known !== undefined) ever.set(one.name, known);
    }
  }
  for (const one of controllers) ever.set(one.name, one.address);
  const sorted = [...ever].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, at]) => ({ name, address: at }));
  return { id, list: listDigest(id, controllers, sorted), controllers, ever: sorted };
}

function listDigest(id: string, controllers: Controller[], ever: ClusterPlan['ever']): string {
  const pair = (one: { name: string; address: string }) => [one.name, one.address];
  const text = JSON.stringify([id, controllers.map(pair), ever.map(pair)]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Corosync numbers its nodes by the last two bytes of their addresses, which stay when others come and go. In a
 * network of more than 65536 addresses two may be the same.
 */
export function sameNumbers(controllers: Controller[]): Finding[] {
  const numbers = new Map<string, string>();
  return controllers.flatMap(({ name, address }): Finding[] => {
    const number = address.split('.').slice(2).join('.');
    const same = number === '0.0' ? undefined : numbers.get(number);
    numbers.set(number, numbers.get(number) ?? name);
    if (number !== '0.0' && same === undefined) return [];
    const why = same === undefined ? 'are zero' : `are those of ${same}`;
    const message = `the last two bytes of ${address}, the address of ${name}, ${why}`;
    const hint = 'Corosync numbers its nodes by them: give it another address on the management network';
    return [{ severity: 'error', code: 'cluster-number', path: `hosts.${name}`, message, hint }];
  });
}

/** A new cluster asks every controller that there ever was; at this address somebody else would answer. */
export function reusedAddresses(inventory: Inventory, addresses: Addresses, lock: Lock): Finding[] {
  const gone = new Map(goneControllers(inventory, lock).map(({ name, address }) => [address, name]));
  const hosts = [...addresses.of].map(([name, byNetwork]) => ({
    path: `hosts.${name}`,
    at: byNetwork.values(),
  }));
  const vips = Object.entries(inventory.vips ?? {}).map(([name, byNetwork]) => {
    return { path: `vips.${name}`, at: Object.values(byNetwork) };
  });
  return [...hosts, ...vips].flatMap(({ path, at }) =>
    [...at].flatMap((address): Finding[] => {
      const name = gone.get(address);
      if (name === undefined) return [];
      const message = `${address} was the address of ${name}, which was a controller of this cluster`;
      const hint = 'choose another: a cluster that has to begin anew would wait for it without end';
      return [{ severity: 'warning', code: 'cluster-address-reused', path, message, hint }];
    }),
  );
}
