import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../images/cache.ts';
import { type Lab, openLab } from '../lab/lab.ts';
import { FLEETS, writeFleet } from './fleet.ts';
import { PROXY, servePackages, standIn } from './packages.ts';
import { bringUp, prove } from './stand.ts';

/**
 * Brings a cloud up from nothing but seeds, all hosts at one moment, and has a user use it:
 *   node --import tsx test/cloud/main.ts [--fleet one|small|whole] [--lab NAME] [--bare HOST] [--cut]
 *     [--keep] [--standing] [--rotate] [--tempest] [--break [--from NAME]]
 * A host that is bare has none of its packages and installs them; with --cut the power of controllers is cut in the middle
 * of each thing that happens once. After a failure the hosts stay as they are.
 * With --standing the cloud is there already; with --rotate secrets are replaced while it is used, with --tempest its
 * smoke set is run on it, and with --break it is broken in many ways while it is used, perhaps from a certain one on.
 */
const { values } = parseArgs({
  options: {
    fleet: { type: 'string', default: 'whole' },
    lab: { type: 'string', default: 'cloud' },
    keep: { type: 'boolean', default: false },
    bare: { type: 'string' },
    cut: { type: 'boolean', default: false },
    break: { type: 'boolean', default: false },
    from: { type: 'string' },
    rotate: { type: 'boolean', default: false },
    tempest: { type: 'boolean', default: false },
    standing: { type: 'boolean', default: false },
  },
});

async function fresh(hosts: string[]): Promise<Lab> {
  const { lab: name, bare } = values;
  const inventory = writeFleet(join(cacheFolder(), 'cloud', name), hosts, bare && PROXY);
  const lab = await openLab({ name, inventory, hosts, ...(bare && { bare: [bare] }) });
  await lab.destroy();
  if (!bare) {
    await bringUp(lab, values.cut);
    return lab;
  }
  await lab.generate();
  await lab.switch.on(lab.fleet().networks);
  const stop = await servePackages(lab);
  try {
    await Promise.all([bringUp(lab, values.cut), standIn(lab.host(bare))]);
  } finally {
    await stop();
  }
  return lab;
}

async function main(): Promise<number> {
  const hosts = FLEETS[values.fleet];
  if (!hosts) {
    console.error(`no fleet is called ${values.fleet}: ${Object.keys(FLEETS).join(', ')}`);
    return 2;
  }
  const lab = values.standing ? await openLab({ name: values.lab }) : await fresh(hosts);
  const failed = await prove(lab, {
    standing: values.standing,
    rotate: values.rotate,
    tempest: values.tempest,
    breaking: values.break ? (values.from ?? '') : undefined,
  });
  if (failed === 0 && !values.keep) await lab.destroy();
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
