import { createHmac, randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { LIES, lie } from './lies.ts';

/**
 * Passes for a controller that it is not. First it gets a real answer of that controller, which needs
 * the controllers' key in IMPOSTOR_KEY; then, with the controller off, it answers in its place, to each
 * asker in turn by one of four lies, and notes `LIE ASKER` for every answer:
 *   node --import tsx impostor.ts record ADDRESS NAME FROM FILE
 *   node --import tsx impostor.ts answer ADDRESS FILE LOG
 */
const PORT = 9199;

const [verb = '', address = '', ...words] = process.argv.slice(2);

function record(name: string, from: string, file: string): void {
  const request = JSON.stringify({
    v: 1,
    nonce: randomBytes(16).toString('hex'),
    from,
    to: name,
    sections: ['components', 'corosync', 'galera', 'pacemaker', 'rabbitmq', 'redis'],
    state: '',
  });
  const key = process.env['IMPOSTOR_KEY'] ?? '';
  const signature = createHmac('sha256', key).update(`stackseed request 1\n${request}`).digest('hex');
  const socket = connect(PORT, address, () => socket.write(`${request}\n${signature}\n`));
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', (error) => {
    console.error(String(error));
    process.exit(1);
  });
  socket.on('end', () => {
    const text = Buffer.concat(parts).toString();
    if (text.split('\n').length !== 3) {
      console.error(`no answer, but "${text}"`);
      process.exit(1);
    }
    writeFileSync(file, text, { mode: 0o600 });
    process.exit(0);
  });
}

function answer(file: string, log: string): void {
  const recorded = readFileSync(file, 'utf8');
  const turns = new Map<string, number>();
  const serve = (socket: Socket): void => {
    const asker = socket.remoteAddress ?? '';
    let asked = '';
    socket.on('error', () => {});
    socket.on('data', (part) => {
      asked += part.toString();
      if (asked.split('\n').length < 3) return;
      const turn = turns.get(asker) ?? 0;
      turns.set(asker, turn + 1);
      const kind = LIES[turn % LIES.length] ?? 'rubbish';
      socket.end(lie(kind, recorded, asked.split('\n')[0] ?? ''));
      appendFileSync(log, `${kind} ${asker}\n`);
    });
  };
  createServer(serve).listen(PORT, address);
}

if (verb === 'record') record(words[0] ?? '', words[1] ?? '', words[2] ?? '');
else answer(words[0] ?? '', words[1] ?? '');
