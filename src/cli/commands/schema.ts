import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readYaml } from '../../document/read-yaml.ts';
import { inventoryJsonSchema } from '../../inventory/json-schema.ts';
import { loadLibrary } from '../../library/load.ts';
import { FindingsError } from '../../report/finding.ts';
import { type Context, type FleetOptions, inventoryFile, writeJson } from '../context.ts';

/** Prints the JSON Schema of the inventory. */
export async function schema(
  context: Context,
  options: FleetOptions & { componentSettings?: boolean },
): Promise<void> {
  if (!options.componentSettings) {
    writeJson(context, inventoryJsonSchema());
    return;
  }
  const file = inventoryFile(context, options);
  // There need not be an inventory yet.
  const wanted = options.inventory !== undefined || existsSync(file);
  const { library, findings } = loadLibrary(wanted ? libraryFolders(file) : []);
  if (findings.some(({ severity }) => severity === 'error')) throw new FindingsError(findings);
  writeJson(context, inventoryJsonSchema(library));
}

/** The user's own folders, as far as the inventory says: it may well be in the middle of being written. */
function libraryFolders(file: string): string[] {
  const { value, findings } = readYaml(file);
  if (value === undefined) throw new FindingsError(findings);
  const named = typeof value === 'object' && value !== null && 'library' in value ? value.library : [];
  const names = Array.isArray(named) ? named.filter((name) => typeof name === 'string') : [];
  return names.map((name) => join(dirname(file), name));
}
