import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Secret } from '../secrets/index.ts';
import { problem } from './problem.ts';

/** Limits of one client and of all: whoever is beyond them loses the connection, and no other notices. */
export const LIMITS = {
  /** Connections at once, of all clients and of one address. */
  connections: 4096,
  perAddress: 64,
  /** Milliseconds for the head of a request, for all of it, and between two requests. */
  head: 10_000,
  request: 20_000,
  idle: 5000,
  /** Milliseconds in which nothing moves on a connection. */
  stalled: 120_000,
  /** Bytes of a request's head. */
  headSize: 8192,
} as const;

export interface Endpoint {
  address: string;
  port: number;
}

/** Listens on one address and no other. @throws FindingsError when it cannot */
export async function listen(
  { address, port }: Endpoint,
  listener: RequestListener,
  tls?: { certificate: string; key: Secret },
): Promise<{ server: Server; url: string }> {
  const options = {
    headersTimeout: LIMITS.head,
    requestTimeout: LIMITS.request,
    keepAliveTimeout: LIMITS.idle,
    connectionsCheckingInterval: 2000,
    maxHeaderSize: LIMITS.headSize,
    noDelay: true,
  };
  const server = tls
    ? createTlsServer(
        {
          ...options,
          cert: tls.certificate,
          key: tls.key.reveal(),
          minVersion: 'TLSv1.2',
          handshakeTimeout: LIMITS.head,
        },
        listener,
      )
    : createServer(options, listener);
  server.maxConnections = LIMITS.connections;
  server.maxHeadersCount = 64;
  server.setTimeout(LIMITS.stalled);
  limitAddresses(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    // Whoever does not take the answer away is not waited for.
    setTimeout(() => socket.destroy(), 1000).unref();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen({ address, port }, error)));
    server.listen({ host: address, port, backlog: 1024 }, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  const host = address.includes(':') ? `[${address}]` : address;
  return { server, url: `http${tls ? 's' : ''}://${host}:${bound}/` };
}

const STATUS: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

function limitAddresses(server: Server): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (counts.get(address) ?? 0) + 1;
    if (count > LIMITS.perAddress) {
      socket.destroy();
      return;
    }
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
  });
}

const WHY: Record<string, string> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'ports below 1024 want root',
};

function cannotListen({ address, port }: Endpoint, error: NodeJS.ErrnoException): Error {
  const why = WHY[error.code ?? ''] ?? error.message;
  return problem('serve-listen', `cannot listen on ${address} port ${port}: ${why}`);
}
