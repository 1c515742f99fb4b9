import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab, LabHost } from '../lab/lab.ts';

/** A fleet under trial: what scenarios act on, and what they say about it. */
export interface Trial {
  lab: Lab;
  controllers: LabHost[];
  /** For logs of this trial. */
  folder: string;
  /** Virtual address of the controllers on the management network. */
  vip: string;
  say(text: string): void;
  host(name: string): LabHost;
  /** Seconds until all of them are healthy; throws, with what they wait for, when the time is over. */
  converged(limit: number, names?: string[]): Promise<number>;
}

export function makeTrial(lab: Lab, vip: string, verbose: boolean, name = 'trial'): Trial {
  const folder = join(lab.folder, 'trials', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const began = Date.now();
  const controllers = lab
    .fleet()
    .hosts.filter(({ roles }) => roles.includes('controller'))
    .map(({ name }) => lab.host(name));
  const names = controllers.map(({ name }) => name);
  const say = (text: string): void => {
    const line = `${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}`;
    appendFileSync(join(folder, 'log'), `${line}\n`);
    if (verbose) console.log(line);
  };
  return {
    lab,
    controllers,
    folder,
    vip,
    say,
    host: (name) => lab.host(name),
    converged: (limit, wanted = names) => converged(wanted.map(lab.host), limit, say),
  };
}

interface Component {
  name: string;
  state: string;
  reason: string;
}

async function converged(hosts: LabHost[], limit: number, say: Trial['say']): Promise<number> {
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1000;
  let left = hosts;
  while (left.length > 0) {
    if (seconds() > limit) throw new Error(`not healthy after ${limit} s:\n${await laggards(left)}`);
    await sleep(500);
    const still: LabHost[] = [];
    for (const host of left) if (!(await isHealthy(host))) still.push(host);
    // One that was healthy a moment ago may not be so any more: all of them, once more.
    left = still.length === 0 && left.length < hosts.length ? await unhealthy(hosts) : still;
  }
  say(`${hosts.map(({ name }) => name).join(', ')} healthy after ${seconds().toFixed(1)} s`);
  return seconds();
}

async function unhealthy(hosts: LabHost[]): Promise<LabHost[]> {
  const answers = await Promise.all(hosts.map(isHealthy));
  return hosts.filter((_, index) => !answers[index]);
}

/** The mark is cheap to look at; what it says is asked for only where it is there. */
async function isHealthy(host: LabHost): Promise<boolean> {
  if (!(await host.has('/run/stackseed/ready'))) return false;
  return (await host.exec(['stackseed-node', 'status', '--quiet'], { timeout: 40 })).status === 0;
}

async function laggards(hosts: LabHost[]): Promise<string> {
  const lines = await Promise.all(
    hosts.map(async (host) => {
      const { status, stdout } = await host.exec(['stackseed-node', 'status', '--json'], { timeout: 40 });
      if (status === 125) return [`${host.name}: off`];
      const components: Component[] = stdout ? JSON.parse(stdout).components : [];
      const bad = components.filter(({ state }) => state !== 'healthy');
      return bad.map(({ name, state, reason }) => `${host.name} ${name}: ${state}: ${reason}`);
    }),
  );
  return lines.flat().join('\n');
}

/** What a trial must show; throws with the text when it does not. */
export function expect(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}

/** Asks again until the answer is yes; throws with the text when the time is over. Gives the seconds it took. */
export async function until(
  limit: number,
  text: string,
  holds: () => Promise<boolean>,
  pause = 200,
): Promise<number> {
  const began = Date.now();
  while (!(await holds())) {
    if (Date.now() - began > limit * 1000) throw new Error(`not so after ${limit} s: ${text}`);
    await sleep(pause);
  }
  return (Date.now() - began) / 1000;
}
