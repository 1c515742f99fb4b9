import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Opened } from './contents.ts';
import { parseRange } from './range.ts';

/** Bytes that are handed to the kernel at once: of a kept file without a copy, else through a buffer of that size. */
const FROM_MEMORY = 1024 * 1024;
const FROM_DISK = 64 * 1024;

/** Milliseconds that one answer may take; a machine whose link is so slow asks for the rest by Range. */
const LONGEST = 60 * 60_000;

/**
 * Answers GET and HEAD with a file, or a part of it. The header names are spelt as GRUB's client compares them
 * (grub-core/net/http.c: "Content-Length: ", by bytes).
 */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: Opened,
  type: string,
): void {
  const { size, modified } = file;
  const tag = `"${size.toString(16)}-${Math.trunc(modified).toString(16)}"`;
  const lastModified = new Date(modified).toUTCString();
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Last-Modified', lastModified);
  response.setHeader('ETag', tag);
  response.setHeader('Content-Type', type);
  const condition = request.headers['if-range'];
  const same = condition === undefined || condition === tag || condition === lastModified;
  const range = same ? parseRange(request.headers.range, size) : 'whole';
  if (range === 'unsatisfiable') {
    response.statusCode = 416;
    response.setHeader('Content-Range', `bytes */${size}`);
    response.setHeader('Content-Length', '0');
    end(response, file);
    return;
  }
  const { from, to } = range === 'whole' ? { from: 0, to: size - 1 } : range;
  if (range !== 'whole') {
    response.statusCode = 206;
    response.setHeader('Content-Range', `bytes ${from}-${to}/${size}`);
  }
  response.setHeader('Content-Length', String(to - from + 1));
  if (request.method === 'HEAD' || to < from) end(response, file);
  else {
    const limit = setTimeout(() => response.destroy(), LONGEST).unref();
    response.on('close', () => clearTimeout(limit));
    if (file.content) sendKept(response, file.content, from, to + 1);
    else if (file.handle) void sendRead(response, file.handle, from, to + 1);
  }
}

function end(response: ServerResponse, { handle }: Opened): void {
  response.end();
  void handle?.close().catch(() => {});
}

function sendKept(response: ServerResponse, content: Buffer, from: number, until: number): void {
  let at = from;
  const step = () => {
    while (at < until && !response.destroyed) {
      const part = content.subarray(at, Math.min(at + FROM_MEMORY, until));
      at += part.length;
      if (!response.write(part) && at < until) {
        response.once('drain', step);
        return;
      }
    }
    response.end();
  };
  step();
}

async function sendRead(
  response: ServerResponse,
  handle: FileHandle,
  from: number,
  until: number,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(FROM_DISK, until - from));
  try {
    for (let at = from; at < until && !response.destroyed; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, until - at), at);
      if (bytesRead === 0) throw new Error('the file became shorter');
      at += bytesRead;
      await written(response, buffer.subarray(0, bytesRead));
    }
    response.end();
  } catch {
    // What was promised cannot be had: the client must see that it is not whole.
    response.destroy();
  } finally {
    await handle.close().catch(() => {});
  }
}

/** Waits until the bytes are with the kernel, so that their buffer may be used again. */
function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('the connection is closed'));
    response.once('close', closed);
    response.write(bytes, (error) => {
      response.off('close', closed);
      if (error) reject(error);
      else resolve();
    });
  });
}
