import { parseArgs } from 'node:util';
import { catalogue, chosen } from './catalogue.ts';
import { campaign } from './random.ts';
import { openChaos, runScenarios } from './runner.ts';

/**
 * Breaks a fleet in the lab and looks whether it mends itself with nothing lost:
 *   node --import tsx test/chaos/main.ts [--list] [--scenario PATTERN]... [--seed N --minutes M] [--controllers N]
 *     [--platform debian-12|debian-13] [--lab NAME] [--keep]
 */
const { values } = parseArgs({
  options: {
    list: { type: 'boolean' },
    scenario: { type: 'string', multiple: true },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    controllers: { type: 'string', default: '3' },
    platform: { type: 'string', default: 'debian-12' },
    lab: { type: 'string', default: 'chaos' },
    keep: { type: 'boolean' },
  },
});

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, summary } of catalogue) console.log(`${name.padEnd(36)} ${summary}`);
    return 0;
  }
  const patterns = values.scenario ?? [];
  const unknown = patterns.filter((pattern) => chosen(pattern).length === 0);
  if (unknown.length > 0) {
    console.error(`no scenario is called ${unknown.join(', ')}: --list tells their names`);
    return 2;
  }
  const lab = await openChaos(values.lab, Number(values.controllers), values.platform);
  const outcomes =
    values.seed === undefined
      ? await runScenarios(lab, patterns.length > 0 ? patterns.flatMap(chosen) : catalogue)
      : await campaign(lab, Number(values.seed), Number(values.minutes ?? 30));
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  for (const { name, problem, seconds } of outcomes)
    console.log(`${problem === undefined ? 'holds ' : 'FAILED'} ${name} (${seconds.toFixed(0)} s)`);
  console.log(`${outcomes.length - failed.length} held, ${failed.length} failed`);
  // After a failure the fleet stays as it is, to be looked at.
  if (failed.length === 0 && !values.keep) await lab.destroy();
  return failed.length === 0 ? 0 : 1;
}

process.exit(await main());
