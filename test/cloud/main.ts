import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../images/cache.ts';
import { openLab } from '../lab/lab.ts';
import { FLEETS, writeFleet } from './fleet.ts';
import { bringUp, prove } from './stand.ts';

/**
 * Brings a cloud up from nothing but seeds, all hosts at one moment, and has a user use it:
 *   node --import tsx test/cloud/main.ts [--fleet one|small|whole] [--lab NAME] [--keep] [--standing] [--break]
 * After a failure the hosts stay as they are. With --standing the cloud is there already; with --break it
 * is broken in many ways while it is used.
 */
const { values } = parseArgs({
  options: {
    fleet: { type: 'string', default: 'whole' },
    lab: { type: 'string', default: 'cloud' },
    keep: { type: 'boolean', default: false },
    break: { type: 'boolean', default: false },
    standing: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const hosts = FLEETS[values.fleet];
  if (!hosts) {
    console.error(`no fleet is called ${values.fleet}: ${Object.keys(FLEETS).join(', ')}`);
    return 2;
  }
  const inventory = writeFleet(join(cacheFolder(), 'cloud'), hosts);
  const lab = await openLab({ name: values.lab, inventory, hosts });
  if (!values.standing) {
    await lab.destroy();
    await bringUp(lab);
  }
  const failed = await prove(lab, values.break);
  if (failed === 0 && !values.keep) await lab.destroy();
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
