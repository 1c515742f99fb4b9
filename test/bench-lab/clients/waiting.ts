import { createConnection } from 'node:net';

/**
 * Hosts that wait for a service, as many as told, all from the same moment on, until SIGTERM. Each does
 * what a component does that waits: it connects, for 3 s at most, and tries again after 1 s, twice as
 * long each time and 60 s at most, a quarter more or less. Prints how many connections there were:
 *   node --import tsx waiting.ts ADDRESS PORT COUNT
 */
const [address = '', port = '', count = ''] = process.argv.slice(2);
let connections = 0;

function attempt(backoff: number): void {
  const socket = createConnection(Number(port), address);
  socket.setTimeout(3000, () => socket.destroy());
  socket.on('connect', () => {
    connections += 1;
    socket.end();
  });
  socket.resume();
  socket.on('error', () => {});
  socket.on('close', () => {
    setTimeout(attempt, backoff * (0.75 + Math.random() / 2), Math.min(2 * backoff, 60_000));
  });
}

for (let host = 0; host < Number(count); host++) attempt(1000);
process.on('SIGTERM', () => {
  console.log(connections);
  process.exit(0);
});
