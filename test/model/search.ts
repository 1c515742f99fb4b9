import { createHash } from 'node:crypto';
import { whyNot } from './converge.ts';
import { invariant } from './invariant.ts';
import type { Oracle } from './oracle.ts';
import { steps, type Twist } from './steps.ts';
import { stateOf, type World } from './world.ts';

/** What a search found: how much it saw, and the way to the first state that is wrong. */
export interface Found {
  states: number;
  transitions: number;
  depth: number;
  /** Whether every reachable state within the bounds was seen. */
  complete: boolean;
  seconds: number;
  /** How many states were asked whether the fleet comes together from there. */
  converged: number;
  wrong: { why: string; trace: string[] } | null;
}

/** As many it sees however slow the machine is: fewer say nothing. */
const LEAST = 500;

export interface Bounds {
  states: number;
  seconds: number;
  /** Ask one state in so many whether the fleet converges from it; 0: none. */
  converge: number;
}

/** Breadth first from one world; the first wrong state ends it, so its trace is a shortest one. */
export function search(first: World, oracle: Oracle, bounds: Bounds, twist: Twist): Found {
  const begun = performance.now();
  const seen = new Map<string, number>();
  const parents: number[] = [];
  const labels: string[] = [];
  const good = new Set<string>();
  const found: Found = {
    states: 0,
    transitions: 0,
    depth: 0,
    complete: true,
    seconds: 0,
    converged: 0,
    wrong: null,
  };
  const end = (why: string | null, at: number, last: string[] = []): Found => {
    found.states = seen.size;
    found.seconds = (performance.now() - begun) / 1000;
    if (why !== null) found.wrong = { why, trace: [...trace(parents, labels, at), ...last] };
    return found;
  };
  const add = (text: string, parent: number, label: string): number => {
    const key = digest(text);
    if (seen.has(key)) return -1;
    const number = seen.size;
    seen.set(key, number);
    parents.push(parent);
    labels.push(label);
    return number;
  };
  const start = stateOf(first);
  let level: [number, string][] = [[add(start, -1, ''), start]];
  while (level.length > 0) {
    const next: [number, string][] = [];
    for (const [number, text] of level) {
      const late = performance.now() - begun > bounds.seconds * 1000;
      if (seen.size >= bounds.states || (late && seen.size > LEAST)) {
        found.complete = false;
        return end(null, 0);
      }
      const world = JSON.parse(text) as World;
      if (bounds.converge > 0 && number % bounds.converge === 0) {
        found.converged++;
        const why = whyNot(world, oracle, good, twist);
        if (why) return end(why, number, ['faults stop, and all hosts are up and healed']);
      }
      for (const step of steps(world, oracle, twist)) {
        found.transitions++;
        const why = step.broken ?? invariant(world, step.world);
        if (why) return end(why, number, [step.label]);
        const after = stateOf(step.world);
        const fresh = add(after, number, step.label);
        if (fresh >= 0) next.push([fresh, after]);
      }
    }
    level = next;
    if (next.length > 0) found.depth++;
  }
  return end(null, 0);
}

function digest(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

function trace(parents: number[], labels: string[], at: number): string[] {
  const found: string[] = [];
  for (let here = at; here > 0; here = parents[here] ?? 0) found.unshift(labels[here] ?? '');
  return found;
}
