import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startOracle } from './oracle.ts';
import { BUDGETS, exploreAll, told, WALKS, walkAll } from './runs.ts';
import { startScript } from './script.ts';

const script = startScript();
const oracle = startOracle(script);

for (const budget of BUDGETS) {
  test(`every order of ${JSON.stringify(budget)}`, () => {
    for (const found of exploreAll(oracle, budget, console.log)) {
      assert.is(found.wrong && told(found.wrong), null);
      assert.ok(found.complete || found.states > 500, 'so few states say nothing');
    }
  });
}

for (const budget of WALKS) {
  test(`random walks with ${JSON.stringify(budget)}`, () => {
    for (const found of walkAll(oracle, budget, console.log))
      assert.is(found.wrong && told(found.wrong), null);
  });
}

test.after(() => {
  console.log(`${oracle.inputs()} distinct inputs of the script`);
  script.close();
});

test.run();
