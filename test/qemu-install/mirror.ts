import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../images/cache.ts';
import { aptLines } from '../images/debian.ts';

/** Debian's mirror as a machine without any other way out sees it. */
export interface Mirror {
  /** Path of the socket that the proxy listens on. */
  socket: string;
  /** A file of the mirror, by its path: "/debian/dists/trixie/InRelease". @throws Error where there is none */
  get(path: string): Promise<Buffer>;
  has(path: string): Promise<boolean>;
  /** From now on these bytes, or this file, are given for a path. */
  replace(path: string, content: Buffer | { file: string }): void;
  /** Requests that could not be answered. */
  refused: string[];
  close(): Promise<void>;
}

/** What its name or digest says is never another file. */
const LASTING = /\/pool\/|\/by-hash\//;

/**
 * An HTTP proxy. Whatever mirror a machine asks, it is given the file from where this machine gets Debian's packages;
 * everything else is refused. What cannot change is kept for the next run.
 */
export async function openMirror(): Promise<Mirror> {
  const folder = await mkdtemp(join(tmpdir(), 'stackseed-mirror-'));
  const kept = join(cacheFolder(), 'mirror');
  await mkdir(kept, { recursive: true });
  const upstream = await mirrors();
  const replaced = new Map<string, Buffer | { file: string }>();
  const refused: string[] = [];
  let count = 0;
  const urlOf = (path: string) => {
    const mirror = upstream.find(({ prefix }) => path.startsWith(prefix));
    return mirror && mirror.base + path.slice(mirror.prefix.length);
  };
  const fetched = async (path: string): Promise<Buffer | { file: string } | undefined> => {
    const own = replaced.get(path);
    if (own) return own;
    const url = urlOf(path);
    if (url === undefined) return undefined;
    const file = join(kept, createHash('sha256').update(path).digest('hex'));
    if (LASTING.test(path) && existsSync(file)) return { file };
    const answer = await fetch(url);
    if (!answer.ok) return undefined;
    const content = Buffer.from(await answer.arrayBuffer());
    if (!LASTING.test(path)) return content;
    const beside = `${file}.${process.pid}.${count++}`;
    await writeFile(beside, content);
    await rename(beside, file);
    return { file };
  };
  const server = createServer((request, response) => {
    void answered(request, response, fetched).then((path) => path && refused.push(path));
  });
  const socket = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async get(path) {
      const found = await fetched(path);
      if (!found) throw new Error(`the mirror has no ${path}`);
      return Buffer.isBuffer(found) ? found : readFile(found.file);
    },
    async has(path) {
      const url = urlOf(path);
      return replaced.has(path) || (url !== undefined && (await fetch(url, { method: 'HEAD' })).ok);
    },
    replace: (path, content) => void replaced.set(path, content),
    refused,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Answers a request; gives its path where that failed. */
async function answered(
  request: IncomingMessage,
  response: ServerResponse,
  fetched: (path: string) => Promise<Buffer | { file: string } | undefined>,
): Promise<string | undefined> {
  const path = URL.canParse(request.url ?? '') ? decodeURI(new URL(request.url ?? '').pathname) : '';
  try {
    const found = /^(GET|HEAD)$/.test(request.method ?? '') ? await fetched(path) : undefined;
    if (!found) {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return path;
    }
    const size = Buffer.isBuffer(found) ? found.length : statSync(found.file).size;
    response.writeHead(200, { 'Content-Length': size });
    if (request.method === 'HEAD') response.end();
    else if (Buffer.isBuffer(found)) response.end(found);
    else createReadStream(found.file).pipe(response);
    return undefined;
  } catch {
    // The mirror did not answer: whoever asks tries again.
    if (!response.headersSent) response.writeHead(502, { 'Content-Length': 0 });
    response.end();
    return path;
  }
}

/** Paths of Debian's mirrors, the longer first, and where this machine has them. */
async function mirrors(): Promise<{ prefix: string; base: string }[]> {
  const uris = new Set((await aptLines('trixie')).flatMap((line) => line.match(/https?:\S+/g) ?? []));
  const base = (end: string) => [...uris].find((uri) => uri.endsWith(end)) ?? '';
  return [
    { prefix: '/debian-security/', base: `${base('/debian-security')}/` },
    { prefix: '/debian/', base: `${base('/debian')}/` },
  ];
}
