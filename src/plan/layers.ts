import type { Inventory, InventoryHost } from '../inventory/schema.ts';
import type { Explained, Origin } from './types.ts';

type Path = (string | number)[];
type Section = Record<string, unknown>;

/** One place that may say something about a host: the fleet, a group of it, or the host itself. */
export interface Layer {
  origin: Origin;
  values: Section;
}

/** The layers of a host, widest first: the fleet, its groups in their order, the host. */
export function layersOf(inventory: Inventory, name: string, host: InventoryHost): Layer[] {
  const groups = (host.groups ?? []).map(
    (group): Layer => ({
      origin: { kind: 'group', name: group, path: ['groups', group] },
      values: inventory.groups?.[group] ?? {},
    }),
  );
  return [
    { origin: { kind: 'fleet', path: [] }, values: inventory },
    ...groups,
    { origin: { kind: 'host', name, path: ['hosts', name] }, values: host },
  ];
}

/** Looks values up through the layers and notes where each came from. */
export interface Lookup {
  /** The narrowest layer's value at the path, else the fallback with its origin. */
  value<T>(path: Path, fallback: T, origin: Origin): T;
  /** Keys that any layer has at the path, in order of first mention. */
  keys(path: Path): string[];
  explained: Explained[];
}

export function lookup(layers: Layer[], explain: boolean): Lookup {
  const explained: Explained[] = [];
  const note = (path: Path, value: unknown, origin: Origin) => {
    if (explain) explained.push({ path: path.join('.'), value, origin });
  };
  return {
    explained,
    value<T>(path: Path, fallback: T, origin: Origin): T {
      for (let index = layers.length - 1; index >= 0; index--) {
        const layer = layers[index];
        const found = layer && at(layer.values, path);
        if (layer && found !== undefined) {
          note(path, found, { ...layer.origin, path: [...(layer.origin.path ?? []), ...path] });
          return found as T;
        }
      }
      if (fallback !== undefined) note(path, fallback, origin);
      return fallback;
    },
    keys(path: Path): string[] {
      return [...new Set(layers.flatMap((layer) => Object.keys((at(layer.values, path) as Section) ?? {})))];
    },
  };
}

function at(values: Section, path: Path): unknown {
  let found: unknown = values;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Section)[key];
  }
  return found;
}
