/** Packs hosts a, b and c into the folder named by its argument, over and over: a run for tests to kill. */
import { argv, stdout } from 'node:process';
import { openOut, packHost } from '../../src/pack/index.ts';
import { seed } from './seeds.ts';

const HOSTS = ['a', 'b', 'c'];

async function main(): Promise<void> {
  const out = await openOut(argv[2] ?? '');
  for (const host of HOSTS) await packHost(out, host, seed('odd'));
  stdout.write('ready\n');
  for (let round = 0; ; round++) {
    for (const host of HOSTS) await packHost(out, host, seed(round % 2 === 0 ? 'even' : 'odd'));
  }
}

await main();
