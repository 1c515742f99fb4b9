import { setTimeout as sleep } from 'node:timers/promises';
import { across } from '../../lab/links.ts';
import { standing } from '../database.ts';
import {
  absent,
  insert,
  moreMemory,
  otherSeeds,
  ownSeeds,
  reasons,
  rebootEach,
  runningCib,
} from '../generation.ts';
import type { BlankScenario, Scenario, StandingScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';
import { reason } from './boot.ts';
import { impostor } from './impostor.ts';

const PAIR = ['cnt1', 'cnt2'];

/** Whatever happened, the drives have seeds of one generation again, for what comes next. */
async function withOwnSeeds(trial: Trial, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } finally {
    await ownSeeds(trial);
  }
}

/** cnt3 loses power, and the others know. */
async function loseThird(trial: Trial): Promise<void> {
  await trial.host('cnt3').powerCut();
  await withoutThird(trial);
}

/** One of the others that went at the same moment as cnt3 would leave no majority. */
async function withoutThird(trial: Trial): Promise<void> {
  await until(60, 'cnt3 is out of the database', async () => {
    const { cluster, size } = await standing(trial.host('cnt1'));
    return cluster === 'Primary' && size === PAIR.length;
  });
}

const absentAndBack: StandingScenario = {
  name: 'seeds-absent-and-back',
  summary:
    'cnt3 dies and becomes absent in the inventory: with new seeds the others go on, also after an outage of both; later it is present again and joins',
  begins: 'standing',
  run: (trial, workload) =>
    withOwnSeeds(trial, async () => {
      await loseThird(trial);
      await insert(trial, await otherSeeds(trial, 'without-cnt3', absent('cnt3')), PAIR);
      await rebootEach(trial, PAIR);
      await workload.writing(120);
      await trial.converged(300, PAIR);
      trial.say('the pair goes on without cnt3');
      await Promise.all(PAIR.map((name) => trial.host(name).powerCut()));
      await Promise.all(PAIR.map((name) => trial.host(name).powerOn()));
      trial.say(`rows again ${(await workload.writing(300)).toFixed(1)} s after an outage of both`);
      await ownSeeds(trial);
      await rebootEach(trial, PAIR);
      await trial.host('cnt3').powerOn();
      await trial.converged(400);
    }),
};

/**
 * The inventory that a first day begins with names another cluster: data of a cluster that cnt3 was ever
 * in are looked for on cnt3, and only a new name says that there are none. It ends with the lab's own.
 */
const absentOnFirstDay: BlankScenario = {
  name: 'seeds-absent-on-first-day',
  summary:
    'cnt3 never comes on the first day; absent in the inventory, under a new name of the cluster, the others begin without it; later it joins',
  begins: 'blank',
  run: (trial) =>
    withOwnSeeds(trial, async () => {
      const first = await otherSeeds(trial, 'first-day', (inventory) =>
        inventory.setIn(['cluster', 'id'], 'memo-first'),
      );
      await insert(trial, first, PAIR);
      await Promise.all(PAIR.map((name) => trial.host(name).powerOn()));
      await until(120, 'cnt1 waits for cnt3', async () => /\bcnt3\b/.test(await reason(trial, 'cnt1')), 2000);
      trial.say(`cnt1 says: ${await reason(trial, 'cnt1')}`);
      expect((await histories(trial)).size === 0, 'a database was created without cnt3');
      await insert(trial, await otherSeeds(trial, 'without-cnt3', absent('cnt3')), PAIR);
      await Promise.all(PAIR.map((name) => trial.host(name).reboot()));
      await trial.converged(400, PAIR);
      const before = await histories(trial);
      await ownSeeds(trial);
      await trial.host('cnt3').powerOn();
      await rebootEach(trial, PAIR);
      await trial.converged(400);
      const after = await histories(trial);
      expect([...before].join() === [...after].join(), 'cnt3 brought another history');
    }),
};

async function histories(trial: Trial): Promise<Set<string>> {
  const all = await Promise.all(trial.controllers.map(standing));
  return new Set(all.filter(({ cluster }) => cluster === 'Primary').map(({ history }) => history));
}

const swapped: StandingScenario = {
  name: 'seeds-swapped',
  summary: 'cnt2 and cnt3 start with the seed of each other: both say what is wrong, and nothing is lost',
  begins: 'standing',
  run: (trial, workload) =>
    withOwnSeeds(trial, async () => {
      const folder = await trial.lab.generate();
      const victims = ['cnt2', 'cnt3'].map(trial.host);
      await Promise.all(victims.map((host) => host.powerCut()));
      await trial.host('cnt2').seed(`${folder}/cnt3`);
      await trial.host('cnt3').seed(`${folder}/cnt2`);
      await Promise.all(victims.map((host) => host.powerOn()));
      for (const { name } of victims) {
        await until(
          180,
          `${name} says why it waits`,
          async () => (await reasons(trial, name)).length > 0,
          2000,
        );
      }
      await sleep(45_000);
      for (const { name } of victims) {
        const [first] = await reasons(trial, name);
        expect(first !== undefined, `${name} is healthy with the seed of another host`);
        trial.say(`${name} with the other's seed: ${first}`);
      }
      await Promise.all(victims.map((host) => host.powerCut()));
      await insert(trial, folder, ['cnt2', 'cnt3']);
      await Promise.all(victims.map((host) => host.powerOn()));
      await workload.writing(300);
      await trial.converged(400);
    }),
};

/** Brings a later generation to the pair, with cnt3 out of their sight. Gives its number. */
async function renewPair(trial: Trial): Promise<number> {
  const before = await runningCib(trial, 'cnt1');
  await insert(trial, await otherSeeds(trial, 'newer', moreMemory), PAIR);
  await rebootEach(trial, PAIR);
  await trial.converged(400, PAIR);
  const { generation } = await runningCib(trial, 'cnt1');
  expect(generation > before.generation, `the pair still runs generation ${generation}`);
  trial.say(`the pair runs generation ${generation}, after ${before.generation}`);
  return generation;
}

const oldGeneration: StandingScenario = {
  name: 'seeds-old-generation',
  summary: 'cnt3 missed the new seeds: it says so, does no harm, and is well with its own new seed',
  begins: 'standing',
  run: (trial, workload) =>
    withOwnSeeds(trial, async () => {
      await loseThird(trial);
      const generation = await renewPair(trial);
      await trial.host('cnt3').powerOn();
      const said = async () => (await reasons(trial, 'cnt3', 'pacemaker')).join();
      await until(180, 'cnt3 asks for the new seed', async () => /new seed/.test(await said()), 2000);
      trial.say(`cnt3 says: ${await said()}`);
      await workload.writing(60);
      for (const { name } of trial.controllers) {
        const runs = await runningCib(trial, name);
        expect(
          runs.generation === generation,
          `${name} runs generation ${runs.generation}, not ${generation}`,
        );
      }
      await ownSeeds(trial);
      await rebootEach(trial, ['cnt3', ...PAIR]);
      await trial.converged(400);
    }),
};

/** More changes than the others make meanwhile, so that only the generation speaks against them. */
const STALE = `for turn in $(seq 40); do
  cibadmin --modify --force --local --scope crm_config --xml-text \\
    "<cluster_property_set id='cib-bootstrap-options'><nvpair id='stale-mark' name='stale-mark' value='$turn'/></cluster_property_set>"
done`;

const staleCib: StandingScenario = {
  name: 'seeds-stale-cib',
  summary:
    'cnt3, cut off, has its CIB of an earlier generation edited many times; when it is back, the CIB of the others stays',
  begins: 'standing',
  run: (trial, workload) =>
    withOwnSeeds(trial, async () => {
      await trial.lab.partition(across(['cnt3'], PAIR));
      await withoutThird(trial);
      const generation = await renewPair(trial);
      await trial.host('cnt3').script(STALE, { timeout: 120 });
      const stale = await runningCib(trial, 'cnt3');
      expect(stale.text.includes('stale-mark'), 'the CIB of cnt3 could not be edited');
      expect(stale.generation < generation, `cnt3 runs generation ${stale.generation} already`);
      await trial.lab.heal();
      const current = async () => (await runningCib(trial, 'cnt3')).generation === generation;
      await until(120, 'cnt3 takes the CIB of the others', current, 1000);
      await sleep(10_000);
      for (const { name } of trial.controllers) {
        const { text, generation: runs } = await runningCib(trial, name);
        expect(!text.includes('stale-mark'), `the stale CIB has reached ${name}`);
        expect(runs === generation, `${name} runs generation ${runs}, not ${generation}`);
      }
      await workload.writing(60);
      await ownSeeds(trial);
      await rebootEach(trial, ['cnt3', ...PAIR]);
      await trial.converged(400);
    }),
};

export const seeds: Scenario[] = [
  absentAndBack,
  absentOnFirstDay,
  swapped,
  oldGeneration,
  staleCib,
  impostor,
];
