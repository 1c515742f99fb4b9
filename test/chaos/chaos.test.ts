import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Lab } from '../lab/lab.ts';
import { labNeeds } from '../lab/needs.ts';
import { needs } from '../needs.ts';
import { chosen } from './catalogue.ts';
import { openChaos, runScenarios } from './runner.ts';

/**
 * The short form of `make chaos`: a first boot of all controllers, a power cut of the one that holds the
 * virtual address, and the loss of the first controller's disk, with rows written and messages sent all
 * the time. One fleet goes through all three.
 */
interface Context {
  lab: Lab;
  stands: boolean;
}

const chaos = suite<Context>('chaos', { stands: false } as Context);
const test = needs(chaos, ...labNeeds);
const able = test === chaos;

chaos.before(async (context) => {
  if (!able) return;
  context.lab = await openChaos('chaos-short');
  await context.lab.destroy();
});

chaos.after(async ({ lab }) => {
  if (able) await lab.destroy();
});

for (const name of ['boot-at-once', 'vip-holder-power-cut', 'wipe-cnt1']) {
  const [scenario] = chosen(name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  test(`${name}: ${scenario.summary}`, async (context) => {
    const [outcome] = await runScenarios(context.lab, [scenario], { stands: context.stands });
    context.stands = outcome?.problem === undefined;
    assert.is(outcome?.problem, undefined);
  });
}

chaos.run();
