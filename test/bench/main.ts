import { parseArgs } from 'node:util';
import { measure, told } from './measure.ts';

/**
 * Measures whole runs of the built program beside what others take for the same, and prints medians and ratios:
 *   node --import tsx test/bench/main.ts [--hosts 9,100,1000] [--runs 3]
 * Ratios are true on a busy machine as well, since what is compared runs in turns; seconds are not.
 */
const { values } = parseArgs({
  options: { hosts: { type: 'string', default: '9,100,1000' }, runs: { type: 'string', default: '3' } },
});

for (const hosts of values.hosts.split(',').map(Number))
  console.log(told(await measure(hosts, Number(values.runs))));
