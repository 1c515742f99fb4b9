import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan } from '../plan/types.ts';
import type { Secrets } from '../secrets/index.ts';
import { askFleet } from '../status/ask-fleet.ts';
import { isHealthy } from '../status/print.ts';
import type { ComponentReport, HostStatus } from '../status/types.ts';
import type { Journal } from './journal.ts';
import type { Happening } from './types.ts';

export interface Watching {
  plan: Plan;
  secrets: Secrets;
  journal: Journal;
  /** TCP port that hosts answer on. */
  port: number;
  /** Milliseconds between two rounds. */
  pause: number;
  /** Seconds that a host has for its answer. */
  timeout: number;
  signal: AbortSignal;
  heard(status: HostStatus): void;
}

/** Asks all hosts for their signed reports, round after round, until the signal. */
export async function watchNodes({ plan, secrets, journal, ...rest }: Watching): Promise<void> {
  const { port, timeout, signal, heard } = rest;
  const before = new Map<string, HostStatus>();
  while (!signal.aborted) {
    const statuses = await askFleet(plan, { secrets, timeout, port, signal });
    if (signal.aborted) return;
    const at = Date.now();
    for (const status of statuses) {
      const known = journal.records.get(status.name)?.node !== undefined;
      const seen = happeningsOf(status, before.get(status.name), { at, known });
      before.set(status.name, status);
      // What cannot be written is said by what must be on the disk; the page has it all the same.
      for (const one of seen) void journal.note(one).catch(() => {});
      heard(status);
    }
    await sleep(rest.pause, undefined, { signal }).catch(() => {});
  }
}

/** What is new in an answer. A host that never answered is not silent but has not come yet. */
export function happeningsOf(
  { name: host, outcome }: HostStatus,
  before: HostStatus | undefined,
  { at, known }: { at: number; known: boolean },
): Happening[] {
  if (outcome.kind !== 'answer') return known ? [{ at, host, kind: 'node', node: 'silent' }] : [];
  const node = isHealthy({ name: host, outcome }) ? 'healthy' : 'converging';
  const old = before?.outcome.kind === 'answer' ? (before.outcome.report.components ?? []) : [];
  const lines = (outcome.report.components ?? [])
    .filter(
      (one) =>
        !same(
          one,
          old.find(({ name }) => name === one.name),
        ),
    )
    .filter(({ state }) => state !== 'healthy' || old.length > 0)
    .map(({ name, state, reason }): Happening => {
      return { at, host, kind: 'line', text: `${name}: ${state}${reason === '' ? '' : `, ${reason}`}` };
    });
  return [{ at, host, kind: 'node', node }, ...lines];
}

/** What a healthy component says changes all the time, and is no news. */
function same(one: ComponentReport, old: ComponentReport | undefined): boolean {
  if (old?.state !== one.state) return false;
  return one.state === 'healthy' || old.reason === one.reason;
}
