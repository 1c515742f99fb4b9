import { setTimeout as sleep } from 'node:timers/promises';
import { across } from '../../lab/links.ts';
import type { StandingScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';

async function holder(trial: Trial): Promise<string> {
  const names = await trial.lab.arp('manage', trial.vip, 2);
  expect(names.length === 1, `the virtual address is held by ${names.join(' and ') || 'nobody'}`);
  return names[0] ?? '';
}

/**
 * Watches who answers for the virtual address, for so many seconds. Two at once for longer than a
 * takeover can take are two holders.
 */
async function oneHolder(trial: Trial, seconds: number): Promise<void> {
  let doubled = 0;
  for (const began = Date.now(); Date.now() - began < seconds * 1000; ) {
    const names = await trial.lab.arp('manage', trial.vip, 1);
    if (names.length > 1) doubled += 1;
    expect(doubled < 3, `two hosts hold the virtual address: ${names.join(' and ')}`);
  }
}

const cutOff = [false, true].map(
  (oneWay): StandingScenario => ({
    name: `partition-vip-holder${oneWay ? '-one-way' : ''}`,
    summary: `the holder of the virtual address cannot reach its peers${oneWay ? ', though they reach it' : ''}, for 40 s`,
    begins: 'standing',
    async run(trial, workload) {
      const name = await holder(trial);
      const others = trial.controllers.map((host) => host.name).filter((other) => other !== name);
      await trial.lab.partition(across([name], others), { oneWay });
      trial.say(`${name} is cut off`);
      await oneHolder(trial, 40);
      await workload.writing(60);
      await trial.lab.heal();
      await oneHolder(trial, 15);
      await workload.writing(60);
    },
  }),
);

const lossy: StandingScenario = {
  name: 'lossy-links',
  summary: 'a tenth of all frames between controllers is lost for a minute',
  begins: 'standing',
  async run(trial) {
    const names = trial.controllers.map(({ name }) => name);
    await trial.lab.drop(
      names.flatMap((one, index) => across([one], names.slice(index + 1))),
      10,
    );
    await sleep(60_000);
    await trial.lab.heal();
  },
};

/** The power cut that everything is measured by. */
export const vipCut: StandingScenario = {
  name: 'vip-holder-power-cut',
  summary: 'power cut of the holder of the virtual address: another has it within seconds, rows go on',
  begins: 'standing',
  async run(trial, workload) {
    const name = await holder(trial);
    await trial.host(name).powerCut();
    const seconds = await until(
      60,
      'another host answers for the virtual address',
      async () => {
        const names = await trial.lab.arp('manage', trial.vip, 1);
        return names.length === 1 && names[0] !== name;
      },
      10,
    );
    trial.say(`the virtual address has moved after ${seconds.toFixed(1)} s`);
    await workload.writing(60);
    await oneHolder(trial, 5);
    await trial.host(name).powerOn();
  },
};

export const partition: StandingScenario[] = [...cutOff, lossy, vipCut];
