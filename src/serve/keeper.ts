import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arm } from '../netboot/index.ts';
import type { TreeOptions } from './local-tree.ts';
import type { Tree } from './types.ts';

/** What the boot server asks of its keeper, and what it is told. */
export type ToKeeper =
  | { begin: { folder: string; leases?: string | undefined } }
  | { disarm: string; turn: number };
export type FromKeeper =
  | { ready: true }
  | { arms: readonly Arm[] }
  | { line: string }
  | { failed: string }
  | { turn: number; error?: string };

/** It has next to nothing to do, and should take as little memory as Node.js can do with. */
const SMALL = ['--max-old-space-size=64', '--max-semi-space-size=1', '--optimize-for-size'];

/**
 * The tree in a process of its own. It is started before the boot server gives up its rights, keeps them, listens
 * to nobody else and can do two things: disarm a host, and run dnsmasq. It ends with this process.
 */
export async function keptTree(options: TreeOptions): Promise<Tree> {
  const main = new URL(`./keeper-main${extname(import.meta.url)}`, import.meta.url);
  // A group of its own, so that an interrupt at a terminal does not end it before this process has finished.
  const child = fork(fileURLToPath(main), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
    execArgv: [...process.execArgv, ...SMALL],
  });
  const turns = new Map<number, (error?: string) => void>();
  let arms: readonly Arm[] = [];
  let turn = 0;
  let ending = false;
  const send = (message: ToKeeper) => child.send(message);
  const ready = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => {
      reject(new Error('the keeper of the tree ended'));
      for (const done of turns.values()) done('the keeper of the tree ended');
      if (!ending) options.failed('the keeper of the tree ended');
    });
    child.on('message', (message: FromKeeper) => {
      if ('ready' in message) resolve();
      else if ('arms' in message) {
        arms = message.arms;
        options.changed(arms);
      } else if ('line' in message) options.log(message.line);
      else if ('failed' in message) {
        reject(new Error(message.failed));
        options.failed(message.failed);
      } else {
        turns.get(message.turn)?.(message.error);
        turns.delete(message.turn);
      }
    });
  });
  send({ begin: { folder: options.folder, leases: options.leases } });
  await ready;
  return {
    arms: () => arms,
    disarm(host) {
      turn += 1;
      return new Promise((resolve, reject) => {
        turns.set(turn, (error) => (error === undefined ? resolve() : reject(new Error(error))));
        send({ disarm: host, turn });
      });
    },
    async end() {
      ending = true;
      if (!child.connected) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await gone;
    },
  };
}
