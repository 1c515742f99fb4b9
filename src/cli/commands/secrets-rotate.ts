import { loadFleet } from '../../generate/load.ts';
import { keysFromEnvironment, rotateSecret } from '../../secrets/index.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions } from '../context.ts';
import { printFindings } from '../findings.ts';
import { declaredSecrets, holdersOf } from '../secret-uses.ts';

/** Replaces one secret by another. The hosts get it with their next seed. */
export async function secretsRotate(context: Context, label: string, options: FleetOptions): Promise<void> {
  const fleet = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  printFindings(context, fleet.findings);
  const hosts = holdersOf(fleet.plan, label);
  const rotation = await rotateSecret(fleet.paths.secrets, label, await keysFromEnvironment(context.env));
  if (context.quiet) return;
  context.stdout.write(`${label} is in its rotation ${rotation}. In the seeds of: ${hosts.join(', ')}\n`);
  context.stdout.write('`stackseed generate` brings it there.\n');
  if (declaredSecrets(fleet.plan).some((one) => one.label === label && one.overlaps))
    context.stdout.write(
      'Hosts will take both values and show the one from before. When all have their seeds, rotate again: that refuses it.\n',
    );
}
