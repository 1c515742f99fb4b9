import type { GaleraReport, HostStatus, PacemakerReport, RabbitmqReport, Report } from './types.ts';

/** Words of one cell, and whether it is as it should be; undefined: neither. */
export interface Cell {
  text: string;
  well?: boolean;
}

const RUNNING: Record<string, string> = {
  no: 'stopped',
  nonprimary: 'not Primary',
  foreign: 'Primary of another history',
};

/** Such as "MEMBER 1f0a22c4:1042, serving". */
export function galeraCell(report: GaleraReport | undefined): Cell {
  if (!report) return { text: '-' };
  const { state, history, position, running, promised } = report;
  const place = history === undefined ? '' : ` ${history.slice(0, 8)}:${position ?? '?'}`;
  const doing = running === 'primary' ? servingWord(report) : (RUNNING[running] ?? running);
  const words = [`${state}${place}`, doing, ...(promised === undefined ? [] : [`promised ${promised}`])];
  return { text: words.join(', '), well: serves(report) };
}

function servingWord(report: GaleraReport): string {
  if (report.serving) return 'serving';
  return report.synced ? 'synced' : 'not synced';
}

function serves({ running, synced, serving }: GaleraReport): boolean {
  return running === 'primary' && synced && serving !== false;
}

/** Such as "MEMBER, 3 of 3 running". */
export function rabbitmqCell(report: RabbitmqReport | undefined): Cell {
  if (!report) return { text: '-' };
  const { state, running, cluster, alive } = report;
  if (running !== 'yes') return { text: `${state}, ${RUNNING[running] ?? running}`, well: false };
  const text = `${state}, ${alive.length} of ${cluster.length} running`;
  return { text, well: alive.length === cluster.length };
}

export function pacemakerCell(report: PacemakerReport | undefined): Cell {
  if (!report) return { text: '-' };
  const { quorate, dc } = report;
  return { text: `${quorate ? 'quorate' : 'no quorum'}, DC ${dc ?? '-'}`, well: quorate };
}

/** Who says that it holds each virtual address, by address. */
export function vipHolders(statuses: HostStatus[]): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const { name, vips } of reports(statuses).map(({ host, pacemaker }) => ({
    name: host,
    vips: pacemaker?.vips ?? new Map<string, boolean>(),
  })))
    for (const [address, here] of vips)
      holders.set(address, [...(holders.get(address) ?? []), ...(here ? [name] : [])]);
  return new Map([...holders].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function reports(statuses: HostStatus[]): Report[] {
  return statuses.flatMap(({ outcome }) => (outcome.kind === 'answer' ? [outcome.report] : []));
}

/** What an operator must know of all controllers together. */
export function clusterNotes(statuses: HostStatus[]): string[] {
  const told = reports(statuses);
  const differ = (what: string, of: (report: Report) => string | undefined): string[] => {
    const hosts = new Map<string, string[]>();
    for (const report of told) {
      const value = of(report);
      if (value !== undefined) hosts.set(value, [...(hosts.get(value) ?? []), report.host]);
    }
    if (hosts.size < 2) return [];
    const parts = [...hosts].map(([value, names]) => `${value.slice(0, 8)} on ${names.join(' ')}`);
    return [`${what}: ${parts.join(', ')}`];
  };
  return [
    ...differ('they belong to different clusters', ({ cluster }) => cluster),
    ...differ('their databases have different histories', ({ galera }) => galera?.history),
    ...differ('they go by different lists of controllers', ({ galera }) => galera?.list),
  ];
}
