import { loadFleet } from '../../generate/load.ts';
import { fleetSvg } from '../../graph/svg.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions } from '../context.ts';
import { printFindings } from '../findings.ts';

/** Draws the fleet on standard output. */
export async function graph(context: Context, options: FleetOptions): Promise<void> {
  const { plan, findings } = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  printFindings(context, findings);
  context.stdout.write(fleetSvg(plan));
}
