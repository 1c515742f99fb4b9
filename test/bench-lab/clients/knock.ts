import { createConnection } from 'node:net';

/**
 * Knocks at a door every so many milliseconds, each time anew, until SIGTERM, and prints a line for each
 * that was taken: `open BEGAN` when the connection was, `greeted BEGAN` when a byte came, with the
 * milliseconds of the epoch at which that knock began:
 *   node --import tsx knock.ts ADDRESS PORT EVERY
 */
const [address = '', port = '', every = ''] = process.argv.slice(2);

function knock(): void {
  const began = Date.now();
  const socket = createConnection(Number(port), address);
  socket.setTimeout(2000, () => socket.destroy());
  socket.on('connect', () => console.log(`open ${began} ${Date.now()}`));
  socket.once('data', () => {
    console.log(`greeted ${began} ${Date.now()}`);
    socket.destroy();
  });
  socket.on('error', () => socket.destroy());
}

setInterval(knock, Number(every));
