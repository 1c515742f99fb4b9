import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { openLog } from './log.ts';

/**
 * Inserts numbered rows, one after another, until SIGTERM. Every number is used once, also when it is
 * not known what became of it:
 *   node --import tsx writer.ts HOST LOG    with the password in CHAOS_PASSWORD
 */
const PAUSE = 25;
const PATIENCE = 5000;

const [host = '', path = ''] = process.argv.slice(2);
const log = openLog(path);
let going = true;
process.on('SIGTERM', () => {
  going = false;
});

async function connect(): Promise<Connection> {
  const connection = await createConnection({
    host,
    user: 'chaos',
    password: process.env['CHAOS_PASSWORD'] ?? '',
    database: 'chaos',
    connectTimeout: 2000,
  });
  // A connection that breaks between two statements says so here, and in the next statement.
  connection.on('error', () => {});
  return connection;
}

let last = '';

/** To standard error, which is kept; the same complaint once. */
function complain(error: unknown): undefined {
  const text = String(error);
  if (text !== last) console.error(new Date().toISOString(), text);
  last = text;
}

/** Whether it was acknowledged; undefined when the connection is lost, or silent for too long. */
async function insert(connection: Connection, number: number): Promise<boolean | undefined> {
  const late = sleep(PATIENCE, 'late' as const, { ref: false });
  const answer = await Promise.race([
    connection
      .query('INSERT INTO entry (number) VALUES (?)', [number])
      .catch((error: unknown) => ({ error })),
    late,
  ]);
  if (answer === 'late') return undefined;
  return !('error' in answer);
}

async function main(): Promise<void> {
  let connection: Connection | undefined;
  for (let number = 1; going; number++) {
    connection ??= await connect().catch((error: unknown) => complain(error));
    if (!connection) {
      await sleep(250);
      continue;
    }
    const answer = await insert(connection, number);
    log.mark(answer ? '+' : '?', number);
    if (!answer) {
      connection.destroy();
      connection = undefined;
    }
    await sleep(PAUSE);
  }
  connection?.destroy();
  log.close();
}

await main();
