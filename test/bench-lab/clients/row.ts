import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';

/**
 * Tries to write a row every so many milliseconds, each time over a connection of its own, until one is
 * acknowledged, and prints when that was, in milliseconds of the epoch:
 *   node --import tsx row.ts ADDRESS EVERY    with the password in BENCH_PASSWORD
 */
const [host = '', every = ''] = process.argv.slice(2);

async function write(): Promise<void> {
  const connection = await createConnection({
    host,
    user: 'bench',
    password: process.env['BENCH_PASSWORD'] ?? '',
    connectTimeout: 3000,
  });
  connection.on('error', () => {});
  await connection.query('INSERT INTO bench.entry () VALUES ()');
  console.log(Date.now());
  process.exit(0);
}

for (;;) {
  write().catch(() => {});
  await sleep(Number(every));
}
