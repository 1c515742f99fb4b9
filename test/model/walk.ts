import { whyNot } from './converge.ts';
import { invariant } from './invariant.ts';
import type { Oracle } from './oracle.ts';
import { extraordinary, ordinary, type Twist } from './steps.ts';
import { stateOf, type World } from './world.ts';

/** What random walks found: how far they went, and the first that went wrong. */
export interface Walked {
  walks: number;
  steps: number;
  seconds: number;
  wrong: { why: string; trace: string[] } | null;
}

/** One step in so many is a fault while any may still happen. */
const FAULTS = 6;

/**
 * Long random ways through the same world, the same ones for the same seed: a search in breadth sees every
 * order of a few faults, these see many faults one after another. Each fourth state of a walk, and its
 * last, is asked whether the fleet comes together from there.
 */
export function walk(
  first: World,
  oracle: Oracle,
  bounds: { seed: number; length: number; seconds: number },
  twist: Twist,
): Walked {
  const begun = performance.now();
  const random = generator(bounds.seed);
  const good = new Set<string>();
  const found: Walked = { walks: 0, steps: 0, seconds: 0, wrong: null };
  const elapsed = () => (performance.now() - begun) / 1000;
  while (elapsed() < bounds.seconds && !found.wrong) {
    found.walks++;
    found.wrong = once(first, oracle, twist, bounds.length, random, good, found);
    if (good.size > 200_000) good.clear();
  }
  found.seconds = elapsed();
  return found;
}

function once(
  first: World,
  oracle: Oracle,
  twist: Twist,
  length: number,
  random: () => number,
  good: Set<string>,
  found: Walked,
): Walked['wrong'] {
  const trace: string[] = [];
  let world = JSON.parse(stateOf(first)) as World;
  for (let count = 1; count <= length; count++) {
    const usual = ordinary(world, oracle, twist);
    const faults = usual.length === 0 || random() * FAULTS < 1 ? extraordinary(world, twist) : [];
    const choices = faults.length > 0 ? faults : usual;
    const step = choices[Math.floor(random() * choices.length)];
    if (!step) break;
    found.steps++;
    trace.push(step.label);
    const why = step.broken ?? invariant(world, step.world);
    if (why) return { why, trace };
    world = JSON.parse(stateOf(step.world)) as World;
    const stuck = count % 4 === 0 || count === length ? whyNot(world, oracle, good, twist) : null;
    if (stuck) return { why: stuck, trace };
  }
  return null;
}

/** Numbers from 0 to 1, always the same ones for a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
