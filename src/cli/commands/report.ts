import { loadFleet } from '../../generate/load.ts';
import { fleetPage } from '../../graph/page.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions } from '../context.ts';
import { printFindings } from '../findings.ts';

/** Writes the page about the fleet to standard output. */
export async function report(context: Context, options: FleetOptions): Promise<void> {
  const { plan, findings } = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  printFindings(context, findings);
  context.stdout.write(fleetPage(plan, findings));
}
