import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MUTANTS, UNSEEN } from './mutants.ts';
import { startOracle } from './oracle.ts';
import { told } from './runs.ts';
import { SHIPPED, startScript } from './script.ts';
import { search } from './search.ts';
import { startFrom } from './starts.ts';

for (const mutant of MUTANTS) {
  test(`mutant: ${mutant.name}`, () => {
    const script = startScript(mutant.without);
    const bounds = { states: 50_000, seconds: 60, converge: 1 };
    const first = startFrom(mutant.start, mutant.budget).world;
    const { wrong, states, seconds } = search(first, startOracle(script), bounds, mutant.twist ?? {});
    script.close();
    assert.ok(wrong, `not caught in ${states} states`);
    console.log(
      `${mutant.name}, from ${mutant.start}: ${states} states, ${seconds.toFixed(1)} s\n${told(wrong)}`,
    );
    assert.match(wrong.why, mutant.wrong);
  });
}

test('every clause that can be switched off is a mutant, or is said to be unseen', () => {
  const clauses = [...readFileSync(SHIPPED, 'utf8').matchAll(/\bon\('([a-z-]+)'\)/g)].map(
    (match) => match[1],
  );
  const known = new Set([...MUTANTS.flatMap((mutant) => mutant.without), ...UNSEEN]);
  assert.equal([...new Set(clauses)].sort(), [...known].sort());
});

test.run();
