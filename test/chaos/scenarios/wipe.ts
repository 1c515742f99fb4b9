import { setTimeout as sleep } from 'node:timers/promises';
import { standing } from '../database.ts';
import { type Edit, insert, otherSeeds, ownSeeds } from '../generation.ts';
import type { StandingScenario } from '../scenario.ts';
import { expect } from '../trial.ts';

const wipedWhileRunning = ['cnt1', 'cnt2'].map(
  (victim): StandingScenario => ({
    name: `wipe-${victim}`,
    summary: `${victim} loses its disk while its peers run, and comes back blank under the old name`,
    begins: 'standing',
    async run(trial, workload) {
      const { history } = await standing(trial.host('cnt3'));
      await trial.host(victim).wipe();
      await workload.writing(60);
      await trial.host(victim).powerOn();
      await trial.converged(400);
      expect((await standing(trial.host(victim))).history === history, 'it came back with another history');
    },
  }),
);

/** Another machine, as a replacement has: a blank disk, and a seed that the others have not got yet. */
const replaced: StandingScenario = {
  name: 'wipe-cnt2-new-seed',
  summary:
    'cnt2 is provisioned anew under the old name, with a new seed, while its peers run: all clusters take it back',
  begins: 'standing',
  async run(trial, workload) {
    const { history } = await standing(trial.host('cnt3'));
    const account: Edit = (inventory) => inventory.setIn(['users', 'second'], { sudo: true });
    await trial.host('cnt2').wipe();
    await insert(trial, await otherSeeds(trial, 'replaced', account), ['cnt2']);
    await workload.writing(60);
    await trial.host('cnt2').powerOn();
    await trial.converged(400);
    expect((await standing(trial.host('cnt2'))).history === history, 'it came back with another history');
    const nodes = await trial
      .host('cnt1')
      .must(['rabbitmqctl', '-q', 'cluster_status', '--formatter', 'json']);
    const { running_nodes: running } = JSON.parse(nodes) as { running_nodes: string[] };
    expect(running.includes('rabbit@cnt2'), `RabbitMQ runs on ${running.join(', ')} only`);
    // The others have seeds of before; so has cnt2 from its next blank disk on.
    await ownSeeds(trial);
  },
};

/** The first controller is the one that may create a database: blank, beside peers that are off, it must not. */
const wipedWhileOff = ['stopped', 'power-cut'].map(
  (how): StandingScenario => ({
    name: `wipe-cnt1-peers-${how}`,
    summary: `cnt1 loses its disk while its peers are ${how}; it boots first, and alone for 30 s`,
    begins: 'standing',
    async run(trial, workload) {
      const peers = ['cnt2', 'cnt3'].map(trial.host);
      if (how === 'stopped') await Promise.all(peers.map((host) => host.powerOff()));
      else await Promise.all(peers.map((host) => host.powerCut()));
      await trial.host('cnt1').wipe();
      await trial.host('cnt1').powerOn();
      await sleep(30_000);
      expect((await standing(trial.host('cnt1'))).cluster !== 'Primary', 'a blank cnt1 created a database');
      await Promise.all(peers.map((host) => host.powerOn()));
      await workload.writing(300);
    },
  }),
);

/** Both brokers that are left need the tables of the one whose disk is gone, and each those of the other. */
const lastOneWiped: StandingScenario = {
  name: 'wipe-last-up',
  summary:
    'cnt1 is shut down, cnt2 loses its power, and cnt3, which was up last, its disk; all come back: cnt1 and cnt2 go on without it',
  begins: 'standing',
  async run(trial, workload) {
    await trial.host('cnt1').powerOff();
    await workload.writing(60);
    await trial.host('cnt2').powerCut();
    await sleep(10_000);
    await trial.host('cnt3').wipe();
    for (const name of ['cnt1', 'cnt2', 'cnt3']) await trial.host(name).powerOn();
    await workload.writing(300);
  },
};

export const wipe: StandingScenario[] = [...wipedWhileRunning, replaced, ...wipedWhileOff, lastOneWiped];
