import { randomBytes } from 'node:crypto';
import { sql } from '../chaos/database.ts';
import type { Trial } from '../chaos/trial.ts';
import { startClient } from './client.ts';
import { type Figure, median, told } from './figure.ts';
import { stand } from './fleet.ts';

/**
 * Power cut of all controllers, all on again, and the time from the boot of the last one (its systemd
 * runs) until a row is acknowledged through the virtual address.
 */
export async function outage(trial: Trial, times: number): Promise<Figure[]> {
  const written: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    await stand(trial);
    const password = await account(trial);
    await Promise.all(trial.controllers.map((host) => host.powerCut()));
    await Promise.all(trial.controllers.map((host) => host.powerOn()));
    const booted = Date.now();
    const client = await startClient(trial, 'row', [trial.vip, '200'], { BENCH_PASSWORD: password });
    const given = setTimeout(() => void client.stop(), 300_000);
    await client.ended;
    clearTimeout(given);
    const [at] = client.lines();
    if (at === undefined) throw new Error('no row is acknowledged within 300 s');
    written.push((Number(at) - booted) / 1000);
    trial.say(`a row ${told(written.slice(-1), 2)} s after the last boot`);
  }
  return [
    {
      figure: `full outage to writable, median of ${times}`,
      measured: median(written),
      limit: 15,
      unit: 's',
      beside: `${told(written)} s`,
    },
  ];
}

async function account({ controllers: [first] }: Trial): Promise<string> {
  const password = randomBytes(16).toString('hex');
  if (!first) throw new Error('a bench needs a controller');
  await sql(
    first,
    `CREATE DATABASE IF NOT EXISTS bench;
     CREATE TABLE IF NOT EXISTS bench.entry (number BIGINT AUTO_INCREMENT PRIMARY KEY);
     CREATE OR REPLACE USER bench@'%' IDENTIFIED BY '${password}';
     GRANT ALL ON bench.* TO bench@'%';`,
  );
  return password;
}
