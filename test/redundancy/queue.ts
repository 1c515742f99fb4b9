import { readFileSync } from 'node:fs';
import { type ChannelModel, connect } from 'amqplib';

/**
 * A message into each broker of a list, and out of the next one, by a queue that is as replicated as
 * queues of clients are. Leaves the queue there, empty; prints its name:
 *   node --import tsx queue.ts CA USER BROKER…    with the password in QUEUE_PASSWORD
 */
const [authority = '', user = '', ...brokers] = process.argv.slice(2);
const QUEUE = 'redundancy';

async function dial(hostname: string): Promise<ChannelModel> {
  return connect(
    {
      protocol: 'amqps',
      hostname,
      port: 5671,
      username: user,
      password: process.env['QUEUE_PASSWORD'] ?? '',
    },
    { ca: [readFileSync(authority)], timeout: 5000 },
  );
}

async function send(broker: string, text: string): Promise<void> {
  const connection = await dial(broker);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  channel.sendToQueue(QUEUE, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

async function take(broker: string): Promise<string> {
  const connection = await dial(broker);
  const channel = await connection.createChannel();
  const message = await channel.get(QUEUE, { noAck: false });
  if (message) channel.ack(message);
  await channel.close();
  await connection.close();
  return message ? message.content.toString() : '';
}

for (const [index, broker] of brokers.entries()) {
  const next = brokers[(index + 1) % brokers.length] ?? broker;
  const text = `from ${broker} to ${next} ${process.pid}`;
  await send(broker, text);
  const came = await take(next);
  if (came !== text) throw new Error(`${next} gave "${came}" for what ${broker} took: "${text}"`);
}
console.log(QUEUE);
