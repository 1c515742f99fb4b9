import { setTimeout as sleep } from 'node:timers/promises';
import type { StandingScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';
import { reason } from './boot.ts';

const NAMES = ['cnt1', 'cnt2', 'cnt3'];
const ORDERS = [
  ['cnt1', 'cnt2', 'cnt3'],
  ['cnt1', 'cnt3', 'cnt2'],
  ['cnt2', 'cnt1', 'cnt3'],
  ['cnt2', 'cnt3', 'cnt1'],
  ['cnt3', 'cnt1', 'cnt2'],
  ['cnt3', 'cnt2', 'cnt1'],
];

async function cutAll(trial: Trial, apart = 0): Promise<void> {
  for (const host of trial.controllers) {
    await host.powerCut();
    if (apart) await sleep(apart * 1000);
  }
}

const allBack = ORDERS.map(
  (order): StandingScenario => ({
    name: `outage-${order.join('-')}`,
    summary: `power cut of all at once, back in the order ${order.join(', ')}, 3 s apart`,
    begins: 'standing',
    async run(trial, workload) {
      await cutAll(trial);
      for (const name of order) {
        await trial.host(name).powerOn();
        await sleep(3000);
      }
      trial.say(`rows again ${(await workload.writing(300)).toFixed(1)} s after the last was switched on`);
    },
  }),
);

const oneByOne = ORDERS.map(
  (order): StandingScenario => ({
    name: `outage-apart-${order.join('-')}`,
    summary: `power cut of one after another, so that positions differ; back in the order ${order.join(', ')}`,
    begins: 'standing',
    async run(trial, workload) {
      await cutAll(trial, 8);
      for (const name of order) {
        await trial.host(name).powerOn();
        await sleep(3000);
      }
      await workload.writing(300);
    },
  }),
);

const waived: StandingScenario = {
  name: 'outage-one-never-back',
  summary:
    'power cut of all, cnt3 stays away: the others wait and name it; waived, they go on; cnt3 comes back after all',
  begins: 'standing',
  async run(trial, workload) {
    await cutAll(trial);
    await trial.host('cnt1').powerOn();
    await trial.host('cnt2').powerOn();
    await until(120, 'cnt1 names cnt3', async () => /\bcnt3\b/.test(await reason(trial, 'cnt1')), 2000);
    const before = workload.rows().filter(({ kind }) => kind === '+').length;
    await sleep(15_000);
    const after = workload.rows().filter(({ kind }) => kind === '+').length;
    expect(before === after, 'rows were written before anybody waived cnt3');
    trial.say(`cnt1 says: ${await reason(trial, 'cnt1')}`);
    trial.say(await trial.host('cnt1').must(['stackseed-node', 'waive', 'memo', 'cnt3']));
    trial.say(`rows again ${(await workload.writing(300)).toFixed(1)} s after the waiver`);
  },
};

const cleanStop: StandingScenario = {
  name: 'outage-clean',
  summary:
    'all three are shut down in an orderly way, one after another, and come back in the opposite order',
  begins: 'standing',
  async run(trial, workload) {
    for (const name of NAMES) await trial.host(name).powerOff();
    for (const name of [...NAMES].reverse()) await trial.host(name).powerOn();
    await workload.writing(300);
  },
};

const rolling: StandingScenario = {
  name: 'rolling-reboot',
  summary: 'one controller after another is rebooted, each after the one before is healthy again',
  begins: 'standing',
  async run(trial, workload) {
    for (const host of trial.controllers) {
      await host.reboot();
      await workload.writing(60);
      await trial.converged(300);
    }
  },
};

export const outage: StandingScenario[] = [...allBack, ...oneByOne, waived, cleanStop, rolling];
