import { readYaml } from '../../document/read-yaml.ts';
import { type Context, type FleetOptions, inventoryFile } from '../context.ts';

/** Names of the hosts, one a line, for completion: quick, and silent about all that may be wrong. */
export async function hosts(context: Context, options: FleetOptions): Promise<void> {
  const { value } = readYaml(inventoryFile(context, options));
  const found = typeof value === 'object' && value !== null && 'hosts' in value ? value.hosts : {};
  const names = Object.keys(found ?? {}).filter((name) => /^[a-z0-9-]+$/.test(name));
  context.stdout.write(names.map((name) => `${name}\n`).join(''));
}
