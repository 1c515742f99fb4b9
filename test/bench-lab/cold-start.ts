import type { Trial } from '../chaos/trial.ts';
import { type Figure, median, told } from './figure.ts';
import { firstBoot, stand, wipeAll } from './fleet.ts';
import { plainStart } from './plain.ts';

/**
 * Three controllers from power-on with blank disks, seeds in their drives and packages there, until all
 * have converged. Beside it the same clusters on the same hosts from the same seeds, started by a script
 * that knows the order in advance.
 */
export async function coldStart(trial: Trial, runs: number): Promise<Figure[]> {
  const own: number[] = [];
  const plain: number[] = [];
  for (let run = 0; run < runs; run++) {
    await wipeAll(trial);
    const seconds = await firstBoot(trial);
    trial.say(`cold start: ${seconds.toFixed(1)} s`);
    own.push(seconds);
    // The plain script begins where files have been laid and secrets are there.
    await stand(trial);
    const beside = await plainStart(trial);
    trial.say(`plain script: ${beside.toFixed(1)} s`);
    plain.push(beside);
  }
  await wipeAll(trial);
  const limit = 1.5 * median(plain);
  return [
    {
      figure: 'cold start of three controllers',
      measured: median(own),
      limit,
      unit: 's',
      beside: `${told(own)} s; plain script ${told(plain)} s; ratio ${(median(own) / median(plain)).toFixed(2)}`,
    },
  ];
}
