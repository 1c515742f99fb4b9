import type { Inventory } from '../inventory/schema.ts';
import type { Lock } from './lock.ts';

/** What the cluster and its data are named by. */
export function clusterId(inventory: Inventory): string {
  return inventory.cluster?.id ?? inventory.fleet;
}

/** Controllers of the cluster that the inventory no longer names at all. */
export function goneControllers(
  inventory: Inventory,
  { cluster }: Lock,
): { name: string; address: string }[] {
  if (cluster?.id !== clusterId(inventory)) return [];
  const gone = [...cluster.controllers].filter(([name]) => !Object.hasOwn(inventory.hosts, name));
  return gone.map(([name, address]) => ({ name, address }));
}
