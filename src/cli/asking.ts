import { loadFleet } from '../generate/load.ts';
import type { Plan } from '../plan/types.ts';
import { FindingsError } from '../report/finding.ts';
import { keysFromEnvironment, readSecrets } from '../secrets/index.ts';
import type { AskOptions } from '../status/ask-fleet.ts';
import { REPORT_PORT } from '../status/exchange.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions } from './context.ts';

/** Options of the commands that ask hosts for their reports. */
export interface AskingOptions extends FleetOptions {
  host?: string[];
  /** Seconds for each host. */
  timeout: number;
}

/** The hosts that are meant, and how they are asked. @throws FindingsError without an inventory or its secrets */
export async function whomToAsk(
  context: Context,
  options: AskingOptions,
): Promise<{ plan: Plan; asking: AskOptions }> {
  const { plan, paths } = await loadFleet(inventoryFile(context, options), {
    ...loadOptions(context, options),
    ...(options.host && { hosts: options.host }),
  });
  const { secrets, findings } = await readSecrets(paths.secrets, await keysFromEnvironment(context.env));
  if (!secrets) throw new FindingsError(findings);
  const { signal } = context;
  const asking = { secrets, timeout: options.timeout, port: REPORT_PORT, ...(signal && { signal }) };
  return { plan, asking };
}
