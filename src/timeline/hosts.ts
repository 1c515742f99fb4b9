import type { HostStatus, Timeline } from '../status/types.ts';

/** A host that told how it came up. */
export interface HostTimeline {
  name: string;
  timeline: Timeline;
}

/** Those that told, in the order of the plan. */
export function timelinesOf(statuses: HostStatus[]): HostTimeline[] {
  return statuses.flatMap(({ name, outcome }) =>
    outcome.kind === 'answer' && outcome.report.timeline ? [{ name, timeline: outcome.report.timeline }] : [],
  );
}

/** When the first host was switched on, in seconds since 1970. */
export function switchedOn(hosts: HostTimeline[]): number {
  return Math.min(...hosts.map(({ timeline }) => timeline.boot));
}
