import { clusterNotes, vipHolders } from './cells.ts';
import { isHealthy } from './print.ts';
import type { HostStatus } from './types.ts';

/** The document of --json: all that is known, absent values as null. */
export function statusJson(fleet: string, statuses: HostStatus[], controllers: string[]) {
  const of = statuses.filter(({ name }) => controllers.includes(name));
  return {
    fleet,
    healthy: statuses.every(isHealthy),
    hosts: statuses.map((status) => hostJson(status)),
    vips: Object.fromEntries(vipHolders(of)),
    notes: clusterNotes(of),
  };
}

function hostJson(status: HostStatus) {
  const { name, address, outcome, missing } = status;
  const base = {
    name,
    address: address ?? null,
    healthy: isHealthy(status),
    answer: outcome.kind === 'answer' ? 'good' : outcome.kind,
    why: outcome.kind === 'answer' ? null : outcome.why,
    missing: missing === undefined ? null : Math.round(missing / 1000),
  };
  if (outcome.kind !== 'answer') return base;
  const { report } = outcome;
  return {
    ...base,
    boot: report.boot,
    time: report.time,
    cluster: report.cluster ?? null,
    components: report.components?.map(({ age, ...rest }) => ({ ...rest, for: age ?? null })) ?? null,
    galera: report.galera ?? null,
    pacemaker: report.pacemaker
      ? { ...report.pacemaker, vips: Object.fromEntries(report.pacemaker.vips) }
      : null,
    rabbitmq: report.rabbitmq ?? null,
  };
}
