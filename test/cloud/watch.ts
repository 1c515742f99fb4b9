import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../fixtures.ts';
import type { Lab } from '../lab/lab.ts';
import { accessTo } from './access.ts';
import { until } from './client.ts';

/** A user who asks every API, and has a server pinged from outside, all the time. */
export interface Watch {
  /** By what was asked: the longest time without a good answer since then, in seconds. */
  longest(since: number): Map<string, number>;
  /** Whether each has had a good answer in the last seconds. */
  well(seconds: number): boolean;
  /** What was said last of each that fails now. */
  failing(): string[];
  stop(): void;
}

/** Starts the program on the machine beside the hosts. `server` is an address outside that answers to a ping. */
export async function startWatch(lab: Lab, address: string, server: string): Promise<Watch> {
  const { name, authority, password } = await accessTo(lab);
  const [command = '', ...prefix] = await lab.switch.prefix();
  const program = [process.execPath, '--import', 'tsx', join(root, 'test/cloud/watch/user.ts')];
  const child: ChildProcess = spawn(command, [...prefix, ...program, address, name, authority, server], {
    cwd: root,
    env: { ...process.env, OS_PASSWORD: password },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const answers = new Map<string, number[]>();
  const failures = new Map<string, string>();
  const began = Date.now();
  if (child.stdout)
    createInterface(child.stdout).on('line', (line) => {
      const [probe = '', good, ...why] = line.split(' ');
      if (!answers.has(probe)) answers.set(probe, []);
      if (good === '+') {
        answers.get(probe)?.push(Date.now());
        failures.delete(probe);
      } else failures.set(probe, `${probe}: ${why.join(' ')}`);
    });
  const longest = (since: number) =>
    new Map([...answers].map(([probe, times]) => [probe, longestGap(times, Math.max(since, began))]));
  return {
    longest,
    well: (seconds) =>
      answers.size === PROBES &&
      [...answers.values()].every((times) => (times.at(-1) ?? 0) > Date.now() - seconds * 1000),
    failing: () => [...failures.values()],
    stop: () => {
      child.kill('SIGTERM');
    },
  };
}

/** Waits until each of what a user asks has had a good answer in the last five seconds; what fails is in the error. */
export async function answered(watch: Watch, seconds: number, what: string): Promise<void> {
  await until(
    seconds,
    what,
    async () => watch.failing(),
    () => watch.well(5),
  );
}

/** keystone, nova, neutron, glance, cinder, ping. */
const PROBES = 6;

/** Seconds between two of those times, from `since` until now. */
function longestGap(times: number[], since: number): number {
  const inside = times.filter((time) => time >= since);
  const points = [since, ...inside, Date.now()];
  const gaps = points.slice(1).map((time, index) => time - (points[index] ?? time));
  return Math.max(...gaps) / 1000;
}
