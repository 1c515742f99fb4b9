import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptLines } from '../images/debian.ts';

export interface AptProxy {
  /** Path of the socket it listens on. */
  socket: string;
  close(): Promise<void>;
}

/**
 * An HTTP proxy for apt. Whatever mirror a machine asks, it is given the file from where this machine
 * gets Debian's packages; everything else is refused.
 */
export async function aptProxy(): Promise<AptProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'stackseed-proxy-'));
  const socket = join(folder, 'socket');
  const upstream = await mirrors();
  const server = createServer((asked, answer) => {
    const path = URL.canParse(asked.url ?? '') ? new URL(asked.url ?? '').pathname : '';
    const mirror = upstream.find(({ prefix }) => path.startsWith(prefix));
    if (mirror === undefined) {
      answer.writeHead(403).end();
      return;
    }
    const { host: _, 'proxy-connection': __, ...headers } = asked.headers;
    const passedOn = request(
      mirror.base + path.slice(mirror.prefix.length),
      { method: asked.method ?? 'GET', headers },
      (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      },
    );
    passedOn.on('error', () => answer.headersSent || answer.writeHead(502).end());
    // A machine that loses power leaves its downloads.
    answer.on('close', () => passedOn.destroy());
    passedOn.end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Paths of Debian's mirrors, the longer first, and where this machine has them. */
async function mirrors(): Promise<{ prefix: string; base: string }[]> {
  const uris = new Set((await aptLines('bookworm')).flatMap((line) => line.match(/http:\S+/g) ?? []));
  const base = (end: string) => [...uris].find((uri) => uri.endsWith(end)) ?? '';
  return [
    { prefix: '/debian-security/', base: `${base('/debian-security')}/` },
    { prefix: '/debian/', base: `${base('/debian')}/` },
  ];
}
