import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, withFolder } from '../fixtures.ts';
import { fromNginx, fromServe, type Load, layFleet, type Result, speed } from './load.ts';

/**
 * A whole fleet boots at once: node --import tsx test/bench-serve/main.ts [--machines N] [--runs N]
 * Kernel and initrd are those of Debian 12's installer. Ends with status 1 beyond a limit of docs/boot-server.md.
 */
const IMAGES = '/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64';

/** MB, of the boot server and its keeper together, and its share of nginx's throughput. */
const MEMORY = 250;
const SHARE = 0.5;

function line(name: string, result: Result): string {
  const { finished, failed, seconds, fastest, slowest, memory } = result;
  const times = `first done ${fastest?.toFixed(1)} s, last ${slowest?.toFixed(1)} s`;
  return `${name.padEnd(10)} ${finished} machines in ${seconds.toFixed(1)} s (${times}), ${speed(result).toFixed(0)} MB/s, ${memory.toFixed(0)} MB of memory, ${failed} failures`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { machines: { type: 'string' }, runs: { type: 'string' } } });
  if (!existsSync(IMAGES)) {
    console.error('install the package debian-installer-12-netboot-amd64');
    return 1;
  }
  const load: Load = {
    machines: Number(values.machines ?? 500),
    linux: readFileSync(join(IMAGES, 'linux')),
    initrd: readFileSync(join(IMAGES, 'initrd.gz')),
    limit: 600,
  };
  return withFolder(async (folder) => {
    chmodSync(folder, 0o755);
    const machines = await layFleet(folder, load);
    const shares: number[] = [];
    let bad = 0;
    for (let run = 0; run < Number(values.runs ?? 3); run += 1) {
      const nginx = await fromNginx(folder, load, machines);
      console.log(line('nginx', nginx));
      const serve = await fromServe(folder, load, machines, [join(root, 'dist/cli/main.js')]);
      console.log(line('stackseed', serve));
      for (const failure of serve.failures) console.log(`  ${failure}`);
      shares.push(speed(serve) / speed(nginx));
      if (serve.failed > 0 || serve.memory > MEMORY) bad += 1;
    }
    const share = Math.max(...shares);
    console.log(`${(share * 100).toFixed(0)} % of nginx at best, ${(SHARE * 100).toFixed(0)} % are wanted`);
    return bad > 0 || share < SHARE ? 1 : 0;
  });
}

process.exitCode = await main();
