import { loadFleet } from '../../generate/load.ts';
import { type Finding, FindingsError } from '../../report/finding.ts';
import { keysFromEnvironment, readSecrets } from '../../secrets/index.ts';
import { askFleet } from '../../status/ask-fleet.ts';
import { REPORT_PORT } from '../../status/exchange.ts';
import type { HostStatus } from '../../status/types.ts';
import { timelinesOf } from '../../timeline/hosts.ts';
import { timelineSvg } from '../../timeline/svg.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions, writeJson } from '../context.ts';
import { formatTimelines } from '../show/timeline.ts';

export interface TimelineOptions extends FleetOptions {
  host?: string[];
  svg?: boolean;
  timeout: number;
}

/** Asks the hosts how they came up, and tells or draws it. @throws FindingsError when no host tells it */
export async function timeline(context: Context, options: TimelineOptions): Promise<void> {
  const { plan, paths } = await loadFleet(inventoryFile(context, options), {
    ...loadOptions(context, options),
    ...(options.host && { hosts: options.host }),
  });
  const { secrets, findings } = await readSecrets(paths.secrets, await keysFromEnvironment(context.env));
  if (!secrets) throw new FindingsError(findings);
  const statuses = await askFleet(plan, {
    secrets,
    timeout: options.timeout,
    port: REPORT_PORT,
    sections: ['timeline'],
    ...(context.signal && { signal: context.signal }),
  });
  const hosts = timelinesOf(statuses);
  if (hosts.length === 0) throw new FindingsError(statuses.map(finding));
  const { name } = plan.fleet;
  if (context.json) {
    const told = statuses.map(({ name, outcome }) => ({
      name,
      why: outcome.kind === 'answer' ? null : outcome.why,
      timeline: (outcome.kind === 'answer' && outcome.report.timeline) || null,
    }));
    writeJson(context, { fleet: name, hosts: told });
  } else if (!options.svg) context.stdout.write(formatTimelines(name, statuses));
  else context.stdout.write(timelineSvg(name, hosts));
}

function finding({ name, outcome }: HostStatus): Finding {
  const why = outcome.kind === 'answer' ? 'it tells nothing of how it came up' : outcome.why;
  return { severity: 'error', code: 'no-timeline', path: '', message: `${name}: ${why}` };
}
