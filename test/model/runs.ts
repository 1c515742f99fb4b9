import type { Oracle } from './oracle.ts';
import { type Found, search } from './search.ts';
import { PREPARED, startFrom } from './starts.ts';
import { type Walked, walk } from './walk.ts';
import type { Budget } from './world.ts';

/** What may happen in the searches of the rules as they ship; each from every prepared state. */
export const BUDGETS: Partial<Budget>[] = [
  { write: 1, crash: 1, wipe: 1 },
  { write: 1, stop: 1, wipe: 2 },
  { write: 1, split: 1, crash: 1 },
  { kill: 2, torn: 1 },
  { write: 1, torn: 1, lost: 1, crash: 1 },
  { write: 1, waive: 1, crash: 1 },
  { write: 1, absent: 1, crash: 1 },
  { write: 1, blind: 1, garble: 1, crash: 1 },
];

/** What may happen in one random walk. */
const LONG: Partial<Budget> = {
  write: 3,
  crash: 4,
  wipe: 2,
  stop: 2,
  kill: 2,
  split: 2,
  torn: 4,
  lost: 4,
  blind: 1,
  garble: 1,
};
export const WALKS: Partial<Budget>[] = [LONG, { ...LONG, waive: 2 }, { ...LONG, absent: 1 }];

/** Seconds for each search and each walk; `make model` gives more. */
export const SECONDS = Number(process.env['MODEL_SECONDS'] ?? '1.5');

export function exploreAll(oracle: Oracle, budget: Partial<Budget>, report: (line: string) => void): Found[] {
  return Object.keys(PREPARED).map((name) => {
    const bounds = { states: 2_000_000, seconds: SECONDS, converge: 1 };
    const found = search(startFrom(name, budget).world, oracle, bounds, {});
    const extent = found.complete ? 'all' : 'first';
    report(
      `${name}: ${extent} ${found.states} states, ${found.transitions} transitions, depth ${found.depth}, ` +
        `${found.converged} asked to converge, ${found.seconds.toFixed(1)} s`,
    );
    if (found.wrong) report(told(found.wrong));
    return found;
  });
}

export function walkAll(oracle: Oracle, budget: Partial<Budget>, report: (line: string) => void): Walked[] {
  return Object.keys(PREPARED).map((name, at) => {
    const bounds = { seed: 1 + at, length: 120, seconds: SECONDS };
    const found = walk(startFrom(name, budget).world, oracle, bounds, {});
    report(`${name}: ${found.walks} walks, ${found.steps} steps, ${found.seconds.toFixed(1)} s`);
    if (found.wrong) report(told(found.wrong));
    return found;
  });
}

/** A counterexample as one reads it. */
export function told(wrong: { why: string; trace: string[] }): string {
  return [`wrong: ${wrong.why}`, ...wrong.trace.map((step, at) => `  ${at + 1}. ${step}`)].join('\n');
}
