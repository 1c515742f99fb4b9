import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Trial } from '../chaos/trial.ts';
import { root } from '../fixtures.ts';

/** A program of clients/ that runs on the machine beside the hosts. */
export interface Client {
  /** Lines that it has printed so far. */
  lines(): string[];
  /** Tells it to end, and gives all its lines. */
  stop(): Promise<string[]>;
  ended: Promise<void>;
}

export async function startClient(
  trial: Trial,
  name: string,
  words: string[],
  env: Record<string, string> = {},
): Promise<Client> {
  const program = join(root, 'test/bench-lab/clients', `${name}.ts`);
  const [command = '', ...rest] = [
    ...(await trial.lab.switch.prefix()),
    ...[process.execPath, '--import', 'tsx', program, ...words],
  ];
  const child: ChildProcess = spawn(command, rest, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = () => text.split('\n').slice(0, -1);
  return {
    lines,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      return lines();
    },
  };
}
