import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from './host.ts';
import { statusOf, statusTable } from './status.ts';

/**
 * Shows the hosts' status until all are ready, or without end: on a terminal the table again and again
 * in the same place, elsewhere a line for each state that has changed. `seconds` is the most it takes;
 * gives whether all were ready.
 */
export async function watch(
  hosts: LabHost[],
  { untilReady, seconds = Infinity }: WatchOptions,
): Promise<boolean> {
  const began = Date.now();
  const shown = new Map<string, string>();
  for (;;) {
    const asked = Date.now();
    const status = await Promise.all(hosts.map(statusOf));
    const passed = `${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s`;
    if (process.stdout.isTTY) {
      process.stdout.write(`\x1b[H\x1b[J${statusTable(status, Date.now() / 1000)}\n${passed}\n`);
    } else {
      for (const { host, on, node } of status) {
        const states = node ? node.components : [{ name: '', state: on ? 'starting' : 'off', reason: '' }];
        for (const { name, state, reason } of states) {
          if (reason === 'not started yet') continue;
          const text = [state, state === 'healthy' ? '' : reason].join(' ').trim();
          if (shown.get(`${host} ${name}`) === text) continue;
          shown.set(`${host} ${name}`, text);
          process.stdout.write(`${passed}  ${host.padEnd(8)} ${name.padEnd(12)} ${text}\n`);
        }
      }
    }
    const ready = status.every(({ node }) => node?.ready);
    if (ready && untilReady) return true;
    if (Date.now() - began > seconds * 1000) return ready;
    // To ask is work for the hosts: most of the time they have for themselves.
    await sleep(Math.max(2000, 3 * (Date.now() - asked)));
  }
}

export interface WatchOptions {
  untilReady: boolean;
  seconds?: number;
}
