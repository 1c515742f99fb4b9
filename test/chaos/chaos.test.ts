import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Lab } from '../lab/lab.ts';
import { labNeeds } from '../lab/needs.ts';
import { needs } from '../needs.ts';
import { chosen } from './catalogue.ts';
import { checkRedundancy } from './redundancy.ts';
import { openChaos, runScenarios, VIP } from './runner.ts';
import { makeTrial } from './trial.ts';

/**
 * The short form of `make chaos`: a first boot of all controllers, a look whether each service is made
 * redundant as it should be, a power cut of the one that holds the virtual address, and the loss of the first
 * controller's disk, with rows written and messages sent all the time. One fleet goes through all of it.
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

scenario('boot-at-once');

test('every row of the table of redundancy is true of a fleet that stands', async ({ lab, stands }) => {
  assert.ok(stands, 'no fleet stands');
  await checkRedundancy(makeTrial(lab, VIP, true, 'redundancy'));
});

scenario('vip-holder-power-cut');
scenario('wipe-cnt1');

function scenario(name: string): void {
  const [found] = chosen(name);
  if (!found) throw new Error(`there is no scenario ${name}`);
  test(`${name}: ${found.summary}`, async (context) => {
    const [outcome] = await runScenarios(context.lab, [found], { stands: context.stands });
    context.stands = outcome?.problem === undefined;
    assert.is(outcome?.problem, undefined);
  });
}

chaos.run();
