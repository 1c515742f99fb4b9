import { createServer, type Socket } from 'node:net';

/** A network among machines: QEMU's `-netdev stream` of each is plugged in here. */
export interface Segment {
  /** Path of the socket. */
  path: string;
  close(): void;
}

/**
 * An Ethernet hub in this process, so that machines are on one network without root, without
 * multicast, and apart from those of any other run. QEMU sends each frame behind its length in four
 * bytes, big-endian; every frame goes to all who are plugged in but the one it came from.
 */
export async function openSegment(path: string): Promise<Segment> {
  const plugged = new Set<Socket>();
  const server = createServer((socket) => {
    plugged.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = wholeFrames(rest);
      if (whole === 0) return;
      const frames = rest.subarray(0, whole);
      rest = rest.subarray(whole);
      // A machine that does not read loses frames, as on a real wire; the others do not wait for it.
      for (const other of plugged)
        if (other !== socket && other.writableLength < 4_000_000) other.write(frames);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => plugged.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    close() {
      for (const socket of plugged) socket.destroy();
      server.close();
    },
  };
}

/** How many bytes at the beginning are frames that have come whole. */
function wholeFrames(bytes: Buffer): number {
  let end = 0;
  while (end + 4 <= bytes.length) {
    const next = end + 4 + bytes.readUInt32BE(end);
    if (next > bytes.length) break;
    end = next;
  }
  return end;
}
