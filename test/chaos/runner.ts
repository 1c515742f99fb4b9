import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, openLab } from '../lab/lab.ts';
import { withControllers } from './controllers.ts';
import type { Scenario } from './scenario.ts';
import { makeTrial, type Trial } from './trial.ts';
import { startWorkload } from './workload.ts';

export interface Outcome {
  name: string;
  /** What went wrong; absent when all held. */
  problem?: string;
  seconds: number;
}

/** Seconds in which a fleet must be healthy again once all is well around it. */
const PATIENCE = 400;
export const VIP = '192.168.1.50';

/** A lab of that many controllers, as the platform has them. */
export function openChaos(name = 'chaos', controllers = 3, platform = 'debian-12'): Promise<Lab> {
  return openLab({ name, inventory: withControllers(name, controllers), platform });
}

export interface RunnerOptions {
  /** The fleet stands already, from an earlier run. */
  stands?: boolean;
  /** Tell as it goes; true when left out. */
  verbose?: boolean;
}

/** Runs scenarios one after another, a standing fleet going from one to the next while it holds. */
export async function runScenarios(
  lab: Lab,
  scenarios: Scenario[],
  options: RunnerOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let { stands = false } = options;
  for (const scenario of scenarios) {
    const began = Date.now();
    await switchedOn(lab);
    const trial = makeTrial(lab, VIP, options.verbose ?? true, scenario.name);
    trial.say(`${scenario.name}: ${scenario.summary}`);
    const problem = await runOne(trial, scenario, stands).catch((error: unknown) => told(error));
    stands = problem === undefined;
    const seconds = (Date.now() - began) / 1000;
    trial.say(problem === undefined ? `${scenario.name}: holds` : `${scenario.name}: FAILED: ${problem}`);
    if (problem !== undefined) await keepLogs(trial);
    outcomes.push({ name: scenario.name, ...(problem !== undefined && { problem }), seconds });
  }
  return outcomes;
}

async function runOne(trial: Trial, scenario: Scenario, stands: boolean): Promise<undefined> {
  await trial.lab.heal();
  if (scenario.begins === 'blank' || !stands) await blank(trial);
  if (scenario.begins === 'blank') {
    await scenario.run(trial);
    await mended(trial);
    const workload = await startWorkload(trial);
    await workload.writing(60);
    await sleep(5000);
    await workload.verify();
    return;
  }
  await mended(trial);
  const workload = await startWorkload(trial);
  try {
    await workload.writing(60);
    await sleep(3000);
    await scenario.run(trial, workload);
    await mended(trial);
    await workload.writing(60);
    await sleep(3000);
    await workload.verify();
  } finally {
    await workload.stop();
  }
}

/** The switch is on and every host has its seed; hosts that are on stay as they are. */
async function switchedOn(lab: Lab): Promise<void> {
  await lab.up();
}

/** Empty disks, and the present seeds: those of hosts that were on when they were generated are older. */
async function blank(trial: Trial): Promise<void> {
  const seeds = join(trial.lab.folder, 'out');
  await Promise.all(
    trial.controllers.map(async (host) => {
      await host.wipe();
      await host.seed(seeds);
    }),
  );
}

/** Faults stop, all hosts are on: from here the fleet must mend itself. */
async function mended(trial: Trial): Promise<void> {
  await trial.lab.heal();
  for (const host of trial.controllers) if (!(await host.isOn())) await host.powerOn();
  await trial.converged(PATIENCE);
}

/** What is needed to understand a failure, before the next scenario wipes it. */
async function keepLogs(trial: Trial): Promise<void> {
  for (const host of trial.controllers) {
    const { stdout } = await host.exec([
      'journalctl',
      '-q',
      '--no-pager',
      '-o',
      'short-precise',
      '-n',
      '20000',
    ]);
    appendFileSync(join(trial.folder, `${host.name}.journal`), stdout);
    const broker = await host.exec(['tail', '-n', '5000', `/var/log/rabbitmq/rabbit@${host.name}.log`]);
    writeFileSync(join(trial.folder, `${host.name}.rabbitmq`), broker.stdout);
  }
}

function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
