import { setTimeout as sleep } from 'node:timers/promises';
import { openChaos, VIP } from '../chaos/runner.ts';
import { makeTrial, type Trial } from '../chaos/trial.ts';
import { learnAddresses } from '../chaos/workload.ts';
import type { LabHost } from '../lab/lab.ts';

/** Seconds in which a fleet must come up on a machine that does something else as well. */
const PATIENCE = 600;

/** The controllers of the example in a lab of the bench's own, off, with blank disks. */
export async function openBench(): Promise<Trial> {
  const lab = await openChaos('bench');
  await lab.destroy();
  await lab.up();
  const trial = makeTrial(lab, VIP, true, 'bench');
  await wipeAll(trial);
  return trial;
}

export async function wipeAll({ controllers }: Trial): Promise<void> {
  await Promise.all(controllers.map((host) => host.wipe()));
}

/** Seconds from power-on of all until each says that it is ready. */
export async function firstBoot(trial: Trial): Promise<number> {
  const began = Date.now();
  await Promise.all(trial.controllers.map((host) => host.powerOn()));
  await untilAll(trial, (host) => host.has('/run/stackseed/ready'), 'ready');
  return (Date.now() - began) / 1000;
}

/** A fleet that stands: brought up if it is not, and healthy. */
export async function stand(trial: Trial): Promise<void> {
  await Promise.all(trial.controllers.map((host) => host.powerOn()));
  await trial.converged(PATIENCE);
  await learnAddresses(trial);
}

/** Until it holds for every controller, at one moment. */
export async function untilAll(
  { controllers }: Trial,
  holds: (host: LabHost) => Promise<boolean>,
  what: string,
  limit = PATIENCE,
): Promise<void> {
  for (const began = Date.now(); ; await sleep(250)) {
    if ((await Promise.all(controllers.map(holds))).every(Boolean)) return;
    if (Date.now() - began > limit * 1000) throw new Error(`not so after ${limit} s: ${what}`);
  }
}
