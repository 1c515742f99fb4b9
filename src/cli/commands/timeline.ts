import { type Finding, FindingsError } from '../../report/finding.ts';
import { askFleet } from '../../status/ask-fleet.ts';
import type { HostStatus } from '../../status/types.ts';
import { timelinesOf } from '../../timeline/hosts.ts';
import { timelineSvg } from '../../timeline/svg.ts';
import { type AskingOptions, whomToAsk } from '../asking.ts';
import { type Context, writeJson } from '../context.ts';
import { formatTimelines } from '../show/timeline.ts';

export interface TimelineOptions extends AskingOptions {
  svg?: boolean;
}

/** Asks the hosts how they came up, and tells or draws it. @throws FindingsError when no host tells it */
export async function timeline(context: Context, options: TimelineOptions): Promise<void> {
  const { plan, asking } = await whomToAsk(context, options);
  const statuses = await askFleet(plan, { ...asking, sections: ['timeline'] });
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
