import type { Path } from '../../document/types.ts';
import type { Inventory, InventoryGroup } from '../schema.ts';

/** What may be said at any of the three levels. */
export type Layer = Omit<InventoryGroup, 'roles'>;

/** The fleet, each group and each host, with the path of each. */
export function eachLayer(inventory: Inventory, visit: (layer: Layer, path: Path) => void): void {
  visit(inventory, []);
  for (const [name, group] of Object.entries(inventory.groups ?? {})) visit(group, ['groups', name]);
  for (const [name, host] of Object.entries(inventory.hosts)) visit(host, ['hosts', name]);
}
