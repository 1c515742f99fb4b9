import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** Commands for the agent inside a machine, over the socket of its virtio port. */
export interface Agent {
  /** Runs a bash script in the machine as root. It waits for the machine to be up, at most `seconds`. */
  exec(script: string, seconds?: number): Promise<Answer>;
  close(): void;
}

/** Connects to the socket that QEMU listens on, once it does. */
export async function connectAgent(path: string): Promise<Agent> {
  const socket = await connected(path);
  const waiting = new Map<string, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let last = 0;
  let closed = false;
  createInterface({ input: socket }).on('line', (line) => {
    const [id = '', code = '', stdout = '', stderr = ''] = line.split(' ');
    waiting.get(id)?.resolve({ code: Number(code), stdout: decoded(stdout), stderr: decoded(stderr) });
    waiting.delete(id);
  });
  const end = () => {
    closed = true;
    for (const { reject } of waiting.values()) reject(new Error('the machine is gone'));
    waiting.clear();
  };
  socket.on('error', end);
  socket.on('close', end);
  return {
    exec(script, seconds = 300) {
      return new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the machine is gone'));
        last += 1;
        const id = String(last);
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`no answer within ${seconds} s to: ${script}`));
        }, seconds * 1000);
        const settle = <T>(then: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timer);
            then(value);
          };
        };
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        socket.write(`${id} ${Buffer.from(script).toString('base64')}\n`);
      });
    },
    close: () => socket.destroy(),
  };
}

/** The agent writes "=" before what it encodes, so that no field is ever empty. */
function decoded(field: string): string {
  return Buffer.from(field.slice(1), 'base64').toString('utf8');
}

async function connected(path: string): Promise<Socket> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(path);
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      });
    } catch (error) {
      if (tries >= 100) throw error;
      await sleep(100);
    }
  }
}
