import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trial } from '../chaos/trial.ts';
import { root } from '../fixtures.ts';
import type { Figure } from './figure.ts';
import { stand } from './fleet.ts';

const SCRIPT = readFileSync(join(root, 'test/bench-lab/memory.py'), 'utf8');
/** Samples, a second apart. */
const SAMPLES = 60;

interface Sample {
  /** Kibibytes. */
  most: number;
  mean: number;
  names: string[];
}

/**
 * Memory of everything of ours on a controller that has converged and does nothing: proportional shares
 * of the programs, on average over a minute, the largest of the controllers. Daemons do not count.
 */
export async function memory(trial: Trial): Promise<Figure[]> {
  await stand(trial);
  await sleep(20_000);
  const samples = await Promise.all(
    trial.controllers.map(async (host): Promise<Sample> => {
      const words = ['python3', '-I', '-', String(SAMPLES)];
      return JSON.parse(await host.must(words, { input: SCRIPT, timeout: SAMPLES + 120 }));
    }),
  );
  const mib = (kib: number): string => (kib / 1024).toFixed(1);
  for (const [index, { mean, most, names }] of samples.entries())
    trial.say(
      `${trial.controllers[index]?.name}: ${mib(mean)} MB, at most ${mib(most)} MB: ${names.join(', ')}`,
    );
  return [
    {
      figure: 'idle memory of ours on a controller',
      measured: Math.max(...samples.map(({ mean }) => mean)) / 1024,
      limit: 20,
      unit: 'MB',
      beside: `at one moment at most ${mib(Math.max(...samples.map(({ most }) => most)))} MB`,
    },
  ];
}
