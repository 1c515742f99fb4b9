import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { measure, told } from './measure.ts';

/**
 * Ratios that a machine with much else to do may show as well, at 100 hosts. What is wanted of a quiet one is in
 * measure.ts; these find what becomes many times slower.
 */
const LIMITS: Record<string, number> = {
  start: 5,
  'validate beside yaml': 10,
  'generate beside cp': 60,
  'no change beside validate': 2.5,
  'one change beside validate': 2.5,
  'embedded ISOs beside cloud-localds': 0.6,
  'ISOs by xorriso beside cloud-localds': 2,
};
/** MB. */
const MEMORY = 300;

for (const [hosts, runs] of [
  [9, 1],
  [100, 3],
] as const) {
  test(`whole runs for ${hosts} hosts`, async () => {
    const measured = await measure(hosts, runs);
    console.log(told(measured));
    for (const [name, { memory }] of measured.rows) assert.ok(memory < MEMORY, `${name}: ${memory} MB`);
    // Nine hosts take less than the start of the program.
    if (hosts < 100) return;
    for (const [what, limit] of Object.entries(LIMITS)) {
      const found = measured.ratios.find((ratio) => ratio.what === what)?.measured ?? Number.NaN;
      assert.ok(found <= limit, `${what}: ${found.toFixed(2)}, at most ${limit}`);
    }
  });
}

test.run();
