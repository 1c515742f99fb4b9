import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '../chaos/database.ts';
import type { Lab, LabHost } from '../lab/lab.ts';
import { withRole } from './fleet.ts';

/** Steps that are nobody's work of OpenStack, or over before anybody sees them. */
const OTHERS = /^(account-|cib$|rabbitmq$)/;
/** Milliseconds of a step before the power goes, at most; a machine is off for some more. */
const LATEST = 4000;
const OFF = 3000;

interface Step {
  name: string;
  owner: string;
  state: string;
}

async function steps(controllers: LabHost[]): Promise<Step[]> {
  for (const host of controllers) {
    const rows = await sql(host, 'SELECT name, owner, state FROM stackseed.step', 5).catch(() => []);
    if (rows.length > 0)
      return rows
        .map(([name = '', owner = '', state = '']) => ({ name, owner, state }))
        .filter(({ name }) => !OTHERS.test(name));
  }
  return [];
}

/**
 * Cuts the power of whatever controller does something that has to happen once, in the middle of it, once for each such
 * step; until `over`. Gives the names of the steps that were cut, and of those that came to their end unseen.
 */
export async function cutSteps(
  lab: Lab,
  over: () => boolean,
  say: (line: string) => void,
): Promise<{ cut: string[]; missed: string[] }> {
  const controllers = withRole(lab, 'controller');
  const cut = new Set<string>();
  const seen = new Set<string>();
  for (; !over(); await sleep(500)) {
    const found = await steps(controllers);
    for (const { name } of found) seen.add(name);
    for (const host of controllers) {
      const under = found.filter(
        ({ name, owner, state }) => owner === host.name && state === 'begun' && !cut.has(name),
      );
      if (under.length === 0) continue;
      await sleep(Math.random() * LATEST);
      await host.powerCut();
      for (const { name } of under) cut.add(name);
      say(`power cut of ${host.name} at ${under.map(({ name }) => name).join(', ')}`);
      await sleep(OFF);
      await host.powerOn();
      break;
    }
  }
  return { cut: [...cut].sort(), missed: [...seen].filter((name) => !cut.has(name)).sort() };
}
