import { setTimeout as sleep } from 'node:timers/promises';
import type { StandingScenario } from '../scenario.ts';
import type { Trial } from '../trial.ts';

/** Programs by the name that the kernel has. */
const DAEMONS = ['mariadbd', 'beam.smp', 'corosync', 'pacemakerd', 'haproxy'];

async function signal(trial: Trial, host: string, name: string, which: string): Promise<void> {
  const status = await trial.host(host).exec(['pkill', `-${which}`, '-x', name]);
  if (status.status !== 0) throw new Error(`no ${name} runs on ${host}`);
  trial.say(`SIG${which} to ${name} on ${host}`);
}

/** The host that holds the virtual address: where it hurts most. */
async function holder(trial: Trial): Promise<string> {
  const [name] = await trial.lab.arp('manage', trial.vip, 2);
  if (!name) throw new Error('nobody answers for the virtual address');
  return name;
}

const killed = DAEMONS.map(
  (name): StandingScenario => ({
    name: `kill-${name.split('.')[0]}`,
    summary: `kill -9 of ${name} on the holder of the virtual address`,
    begins: 'standing',
    async run(trial, workload) {
      await signal(trial, await holder(trial), name, 'KILL');
      await workload.writing(120);
      await sleep(5000);
    },
  }),
);

const stopped = DAEMONS.map(
  (name): StandingScenario => ({
    name: `freeze-${name.split('.')[0]}`,
    summary: `SIGSTOP of ${name} on the holder of the virtual address for a minute`,
    begins: 'standing',
    async run(trial, workload) {
      const host = await holder(trial);
      await signal(trial, host, name, 'STOP');
      await sleep(60_000);
      // What was stopped may have been replaced meanwhile.
      await trial.host(host).exec(['pkill', '-CONT', '-x', name]);
      await workload.writing(120);
    },
  }),
);

export const daemons: StandingScenario[] = [...killed, ...stopped];
