import { setTimeout as sleep } from 'node:timers/promises';
import type { StandingScenario } from '../scenario.ts';
import type { Trial } from '../trial.ts';

/** Programs by the name that the kernel has, and where their files grow. */
const DAEMONS = [
  { name: 'mariadbd', grows: '/var/lib/mysql' },
  { name: 'beam.smp', grows: '/var/lib/rabbitmq' },
  { name: 'corosync', grows: '/var/lib/corosync' },
  { name: 'pacemakerd', grows: '/var/lib/pacemaker' },
  { name: 'haproxy', grows: '/var/lib/haproxy' },
];

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
  ({ name }): StandingScenario => ({
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
  ({ name }): StandingScenario => ({
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

/** A file system of its own for each daemon, small and full, is what these containers can have. */
const full = DAEMONS.map(
  ({ name, grows }): StandingScenario => ({
    name: `full-disk-${name.split('.')[0]}`,
    summary: `the file system below ${grows} of cnt2 is full for 40 s`,
    begins: 'standing',
    async run(trial, workload) {
      const script = `mkdir -p ${grows}; mount -t tmpfs -o size=64k full ${grows}/; head -c 1M /dev/zero >${grows}/fill`;
      await trial.host('cnt2').exec(['sh', '-c', `${script}; true`]);
      trial.say(`${grows} of cnt2 is full`);
      await signal(trial, 'cnt2', name, 'KILL');
      await workload.writing(120);
      await sleep(40_000);
      await trial.host('cnt2').exec(['umount', '-l', grows]);
      await trial.host('cnt2').exec(['stackseed-node', 'apply']);
    },
  }),
);

export const daemons: StandingScenario[] = [...killed, ...stopped, ...full];
