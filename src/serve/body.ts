import type { IncomingMessage } from 'node:http';

/** Bytes that a host may send: the state of thirty components is 6 kB, host keys of cloud-init 2 kB. */
const LONGEST = 64 * 1024;

/** The whole body of a request; undefined as soon as it is too long, or when it breaks off. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    if (Number(request.headers['content-length'] ?? 0) > LONGEST) {
      resolve(undefined);
      return;
    }
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length > LONGEST) resolve(undefined);
      else parts.push(part);
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}
