import type { HostStatus } from '../../status/types.ts';
import { criticalPath, longestStep, type PathStep } from '../../timeline/critical-path.ts';
import { type HostTimeline, switchedOn, timelinesOf } from '../../timeline/hosts.ts';
import { table } from '../table.ts';

/**
 * How the fleet came up, for people: a line a host, then for the host that was ready last what was waited for. All
 * times are in seconds since the first host was switched on.
 */
export function formatTimelines(fleet: string, statuses: HostStatus[]): string {
  const hosts = timelinesOf(statuses);
  const rows = statuses.map((status) => row(status, switchedOn(hosts)));
  const ready = hosts.filter(({ timeline }) => timeline.ready !== undefined);
  const last = ready.reduce<HostTimeline | undefined>(
    (one, other) => (one === undefined || end(other) > end(one) ? other : one),
    undefined,
  );
  const head = `fleet ${fleet}: ${ready.length} of ${statuses.length} hosts were ready`;
  const after = last
    ? `, the last one ${seconds(end(last) - switchedOn(hosts))} after the first was switched on`
    : '';
  return [
    `${head}${after}\n`,
    table([['HOST', 'ON', 'FIRST', 'READY', 'LAST COMPONENT'], ...rows]),
    last ? `\ncritical path of ${last.name}:\n${table(pathRows(last, switchedOn(hosts)), 2)}` : '',
  ].join('');
}

function end({ timeline }: HostTimeline): number {
  return timeline.boot + (timeline.ready ?? 0);
}

function row({ name, outcome }: HostStatus, start: number): string[] {
  if (outcome.kind !== 'answer') return [name, '-', '-', '-', outcome.why];
  const { timeline } = outcome.report;
  if (!timeline) return [name, '-', '-', '-', 'it tells nothing of how it came up'];
  const [on, path] = [timeline.boot - start, criticalPath(timeline.components)];
  const first = Math.min(...timeline.components.map(({ began }) => began));
  return [
    name,
    seconds(on),
    timeline.components.length > 0 ? seconds(on + first) : '-',
    timeline.ready === undefined ? '-' : seconds(on + timeline.ready),
    path.at(-1) ? stepText(path.at(-1) as PathStep) : '',
  ];
}

function pathRows({ timeline }: HostTimeline, start: number): string[][] {
  const on = timeline.boot - start;
  const path = criticalPath(timeline.components);
  const first = path[0]?.from ?? 0;
  return [
    ['(boot)', seconds(first), `until ${seconds(on + first)}`, 'firmware, kernel, cloud-init'],
    ...path.map((step) => [
      step.component.name,
      seconds(step.to - step.from),
      `until ${seconds(on + step.to)}`,
      longestText(step),
    ]),
  ];
}

function stepText(step: PathStep): string {
  const longest = longestText(step);
  return `${step.component.name}, ${seconds(step.to - step.from)}${longest && `: ${longest}`}`;
}

function longestText({ component }: PathStep): string {
  const step = longestStep(component);
  return step ? `${seconds(step.to - step.from)} ${step.words}` : '';
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
