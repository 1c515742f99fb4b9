import { loadFleet } from '../../generate/load.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions, writeJson } from '../context.ts';
import { jsonFindings, printFindings } from '../findings.ts';
import { count } from '../table.ts';

/** Reads and plans the whole fleet, and writes nothing but what was found. */
export async function validate(context: Context, options: FleetOptions): Promise<void> {
  const { paths, plan, findings } = await loadFleet(
    inventoryFile(context, options),
    loadOptions(context, options),
  );
  printFindings(context, findings);
  if (context.json) writeJson(context, jsonFindings(findings));
  else if (!context.quiet)
    context.stdout.write(`${paths.inventory}: ${count(plan.hosts.length, 'host')}, no errors\n`);
}
