import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { problem } from './problem.ts';
import type { Endpoint } from './servers.ts';

/** Milliseconds that lines of one machine are gathered, and how many of them are taken: installers write hundreds. */
const GATHER = 500;
const TAKEN = 5;

/** Machines whose lines are gathered at once. */
const SENDERS = 2000;

/**
 * Takes the log that debian-installer sends by UDP when its kernel has log_host and log_port.
 * @returns what ends it
 */
export async function listenSyslog(
  { address, port }: Endpoint,
  heard: (address: string, text: string) => unknown,
): Promise<() => void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const waiting = new Map<string, string[]>();
  socket.on('message', (message, from) => {
    const lines = waiting.get(from.address) ?? [];
    if (lines.length === 0 && waiting.size >= SENDERS) return;
    waiting.set(from.address, [...lines.slice(1 - TAKEN), syslogText(message.toString('utf8'))]);
  });
  const timer = setInterval(() => {
    const all = [...waiting];
    waiting.clear();
    for (const [sender, lines] of all) for (const line of lines) heard(sender, line);
  }, GATHER);
  timer.unref();
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      reject(problem('serve-listen', `cannot listen on ${address} port ${port} (UDP): ${error.message}`));
    });
    socket.bind({ address, port, exclusive: true }, resolve);
  });
  socket.on('error', () => {});
  return () => {
    clearInterval(timer);
    socket.close();
  };
}

/** A message without its priority and time (RFC 3164, 4.1), which the sender's clock makes of little use. */
export function syslogText(message: string): string {
  return message.replace(/^<[0-9]{1,3}>/, '').replace(/^[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} /, '');
}
