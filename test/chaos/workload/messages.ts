import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { openLog } from './log.ts';

/**
 * Publishes numbered messages with confirms to a quorum queue, or receives them, until SIGTERM. Tries
 * the brokers one after another, as the clients of OpenStack do:
 *   node --import tsx messages.ts publish|receive QUEUE CA LOG BROKER…    with the password in CHAOS_PASSWORD
 */
const PAUSE = 50;
const PATIENCE = 10_000;

const [verb = '', queue = '', authority = '', path = '', ...brokers] = process.argv.slice(2);
const log = openLog(path);
let going = true;
process.on('SIGTERM', () => {
  going = false;
});

interface Line {
  connection: ChannelModel;
  channel: ConfirmChannel;
  open: boolean;
}

async function dial(broker: string): Promise<Line> {
  const connection = await connect(
    {
      protocol: 'amqps',
      hostname: broker,
      port: 5671,
      username: 'chaos',
      password: process.env['CHAOS_PASSWORD'] ?? '',
      heartbeat: 5,
    },
    // The certificates name the hosts' addresses.
    { ca: [readFileSync(authority)], timeout: 3000 },
  );
  const line = { connection, open: true } as Line;
  const closed = () => {
    line.open = false;
  };
  connection.on('error', closed);
  connection.on('close', closed);
  line.channel = await connection.createConfirmChannel();
  line.channel.on('error', closed);
  line.channel.on('close', closed);
  await line.channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  return line;
}

/** A line to a broker that takes it; undefined when none does. */
async function reach(first: number): Promise<Line | undefined> {
  for (const index of brokers.keys()) {
    const broker = brokers[(first + index) % brokers.length] ?? '';
    const line = await Promise.race([dial(broker).catch(() => undefined), sleep(8000, undefined)]);
    if (line) return line;
  }
  return undefined;
}

/** Whether the broker confirmed it. */
async function publish({ channel }: Line, number: number): Promise<boolean> {
  const confirmed = new Promise<boolean>((resolve) => {
    channel.publish('', queue, Buffer.from(String(number)), { persistent: true }, (error) => resolve(!error));
  });
  return Promise.race([confirmed, sleep(PATIENCE, false, { ref: false })]).catch(() => false);
}

async function publishAll(): Promise<void> {
  let line: Line | undefined;
  for (let number = 1; going; number++) {
    if (!line?.open) line = await reach(number);
    if (!line) {
      await sleep(500);
      continue;
    }
    const current = line;
    const confirmed = await publish(current, number).catch(() => false);
    log.mark(confirmed ? '+' : '?', number);
    if (!confirmed) {
      current.open = false;
      void current.connection.close().catch(() => {});
    }
    await sleep(PAUSE);
  }
}

async function receiveAll(): Promise<void> {
  for (let turn = 0; going; turn++) {
    const line = await reach(turn);
    if (!line) {
      await sleep(500);
      continue;
    }
    const { channel } = line;
    await channel.prefetch(50);
    await channel
      .consume(queue, (message) => {
        if (!message) {
          line.open = false;
          return;
        }
        log.mark('<', Number(message.content.toString()));
        if (line.open) channel.ack(message);
      })
      .catch(() => {
        line.open = false;
      });
    while (going && line.open) await sleep(200);
    void line.connection.close().catch(() => {});
  }
}

// A socket that dies in the middle of a handshake is told by an event that nobody else listens to.
process.on('uncaughtException', (error) => console.error(String(error)));
await (verb === 'publish' ? publishAll() : receiveAll());
log.close();
process.exit(0);
