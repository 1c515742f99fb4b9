import { loadFleet } from '../../generate/load.ts';
import {
  type AuthorityStage,
  keysFromEnvironment,
  rotateAuthority,
  rotateSecret,
} from '../../secrets/index.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions } from '../context.ts';
import { printFindings } from '../findings.ts';
import { declaredSecrets, holdersOf } from '../secret-uses.ts';

/** The fleet's authority, which no component declares. */
const AUTHORITY = 'ca';

const TOLD: Record<AuthorityStage, string> = {
  'another is trusted':
    'All hosts will trust another authority beside the present one. `stackseed generate`; when all have their seeds, rotate again.',
  'another signs':
    'The other authority will sign, and the present one is trusted beside it. `stackseed generate`; when all have their seeds, rotate again.',
  'the one before is gone':
    'The authority from before will be trusted no more. `stackseed generate` brings it there.',
};

/** Replaces one secret by another. The hosts get it with their next seed. */
export async function secretsRotate(context: Context, label: string, options: FleetOptions): Promise<void> {
  const fleet = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  printFindings(context, fleet.findings);
  if (label === AUTHORITY) {
    const stage = await rotateAuthority(fleet.paths.secrets, await keysFromEnvironment(context.env));
    if (!context.quiet) context.stdout.write(`${TOLD[stage]}\n`);
    return;
  }
  const hosts = holdersOf(fleet.plan, label);
  const rotation = await rotateSecret(fleet.paths.secrets, label, await keysFromEnvironment(context.env));
  if (context.quiet) return;
  context.stdout.write(`${label} is in its rotation ${rotation}. In the seeds of: ${hosts.join(', ')}\n`);
  context.stdout.write('`stackseed generate` brings it there.\n');
  const declared = declaredSecrets(fleet.plan).find((one) => one.label === label);
  if (declared?.overlaps)
    context.stdout.write(
      'Hosts will take both values and show the one from before. When all have their seeds, rotate again: that refuses it.\n',
    );
  if (declared?.alternates)
    context.stdout.write(
      'It belongs to another account, which the first controller with its seed makes: give controllers theirs first. The account from before stays until the next rotation.\n',
    );
}
