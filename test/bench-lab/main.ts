import { parseArgs } from 'node:util';
import type { Trial } from '../chaos/trial.ts';
import { coldStart } from './cold-start.ts';
import { busyCores, type Figure, figureTable, holds } from './figure.ts';
import { openBench } from './fleet.ts';
import { memory } from './memory.ts';
import { outage } from './outage.ts';
import { polling } from './polling.ts';
import { takeover } from './takeover.ts';

/**
 * Measures a fleet of controllers in the lab and prints the figures beside their limits. They are true on
 * a machine that does nothing else:
 *   node --import tsx test/bench-lab/main.ts [--only NAME]... [--runs N] [--keep]
 */
const benches: { name: string; measure(trial: Trial, runs: number): Promise<Figure[]> }[] = [
  { name: 'cold-start', measure: coldStart },
  { name: 'memory', measure: memory },
  { name: 'polling', measure: polling },
  { name: 'takeover', measure: (trial, runs) => takeover(trial, Math.max(10, runs)) },
  { name: 'outage', measure: (trial, runs) => outage(trial, Math.max(3, runs)) },
];

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    runs: { type: 'string', default: '1' },
    keep: { type: 'boolean' },
  },
});

async function main(): Promise<number> {
  const names = values.only ?? benches.map(({ name }) => name);
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(`no bench is called ${unknown.join(', ')}: ${benches.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const busy = await busyCores(10);
  const trial = await openBench();
  const figures: Figure[] = [];
  let failed = false;
  for (const { name, measure } of benches.filter((bench) => names.includes(bench.name))) {
    try {
      figures.push(...(await measure(trial, Number(values.runs))));
    } catch (error) {
      failed = true;
      trial.say(`${name}: no figure: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`\n${figureTable(figures)}`);
  console.log(`before it began, ${busy.toFixed(1)} of the machine's cores were busy with something else`);
  if (!failed && !values.keep) await trial.lab.destroy();
  return failed || !holds(figures) ? 1 : 0;
}

process.exit(await main());
