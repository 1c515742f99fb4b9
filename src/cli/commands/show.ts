import { loadFleet } from '../../generate/load.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions, writeJson } from '../context.ts';
import { printFindings } from '../findings.ts';
import { describeFleet } from '../show/fleet.ts';
import { describeHost, describeSecrets } from '../show/host.ts';
import { planJson } from '../show/json.ts';

/** Prints the plan of the fleet or of one host. */
export async function show(
  context: Context,
  host: string | undefined,
  options: Omit<FleetOptions, 'secrets'> & { secrets?: boolean },
): Promise<void> {
  const { secrets: only, ...rest } = options;
  const fleet = await loadFleet(inventoryFile(context, rest), {
    ...loadOptions(context, rest),
    ...(host !== undefined && { hosts: [host] }),
    explain: host !== undefined || context.json,
  });
  printFindings(context, fleet.findings);
  if (context.json) {
    writeJson(context, planJson(fleet));
  } else if (host !== undefined && fleet.plan.hosts.length === 0) {
    context.stdout.write(`${host} is absent: it gets no seed\n`);
  } else if (only) {
    const parts = fleet.plan.hosts.map((one) => [one.fqdn, describeSecrets(one)].join('\n'));
    context.stdout.write(parts.join('\n'));
  } else if (host === undefined) {
    context.stdout.write(describeFleet(fleet.plan));
  } else {
    context.stdout.write(fleet.plan.hosts.map((one) => describeHost(one, fleet)).join('\n'));
  }
}
