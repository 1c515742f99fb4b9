import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../fixtures.ts';
import { CASES } from './cases.ts';
import { install, type Times } from './install.ts';

/**
 * Whole unattended installations of Debian 13 on machines with real firmware and empty disks, from the boot server to
 * healthy hosts; each takes most of an hour on two cores without KVM:
 *   node --import tsx test/qemu-install/main.ts [--only CASE]... [--keep FOLDER] [--pictures FOLDER]
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    keep: { type: 'string' },
    pictures: { type: 'string' },
  },
});

async function main(): Promise<number> {
  const names = values.only ?? CASES.map(({ name }) => name);
  const unknown = names.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length > 0) {
    console.error(`no case is called ${unknown.join(', ')}: ${CASES.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    console.error('this needs root');
    return 2;
  }
  const pictures = resolve(values.pictures ?? join(root, '.cache/qemu-install'));
  let failed = 0;
  for (const one of CASES.filter(({ name }) => names.includes(name))) {
    const parent = values.keep ?? tmpdir();
    await mkdir(parent, { recursive: true });
    const folder = await mkdtemp(join(resolve(parent), `stackseed-${one.name}-`));
    console.log(`---- ${one.name}, in ${folder}`);
    try {
      const times = await install(one, folder, pictures);
      console.log(tableOf(times));
      console.log(`ok   ${one.name}`);
      if (values.keep === undefined) await rm(folder, { recursive: true, force: true });
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${one.name}: ${(error as Error).stack ?? error}`);
      console.log(`its console, logs and disks are in ${folder}`);
    }
  }
  const taken = existsSync(pictures) ? `; pictures of the page are in ${pictures}` : '';
  console.log(`${names.length - failed} passed, ${failed} failed${taken}`);
  return failed > 0 ? 1 : 0;
}

function tableOf(times: Times): string {
  return times.map(([what, seconds]) => `${String(seconds).padStart(6)} s  ${what}`).join('\n');
}

process.exit(await main());
