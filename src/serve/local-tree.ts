import { type ChildProcess, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arm, disarm, readArms } from '../netboot/index.ts';
import { FindingsError } from '../report/finding.ts';
import type { Tree } from './types.ts';

/** Milliseconds between two looks at arms.json: a machine takes longer from its power button to its boot loader. */
const LOOK = 300;

/** Milliseconds that dnsmasq gets to end by itself. */
const GRACE = 3000;

/** How often a tree that is being written is tried again, twice a second. */
const TRIES = 20;

export interface TreeOptions {
  folder: string;
  /** Absolute path where dnsmasq, which is then a child, keeps its leases: not among those of the machine's own. */
  leases?: string | undefined;
  changed(arms: readonly Arm[]): void;
  /** Lines that dnsmasq logs. */
  log(line: string): void;
  /** Something because of which serving must end. */
  failed(why: string): void;
}

/** The tree with the rights of this process: watches what is armed, disarms, and has dnsmasq as a child. */
export async function localTree(options: TreeOptions): Promise<Tree> {
  const { folder } = options;
  let arms: readonly Arm[] = [];
  let stamp = '';
  const look = async () => {
    const found = await stat(join(folder, 'arms.json'), { bigint: true }).catch(() => undefined);
    const now = found ? `${found.ino}:${found.size}:${found.mtimeNs}` : '-';
    if (now === stamp) return;
    arms = found ? await readArms(folder) : [];
    stamp = now;
    options.changed(arms);
  };
  await look();
  let broken = '';
  const timer = setInterval(() => {
    look().then(
      () => {
        broken = '';
      },
      (error: Error) => {
        // What was armed last stays so: while it is written anew it cannot be read, and it is never long.
        if (broken !== error.message) options.log(`arms.json: ${error.message}`);
        broken = error.message;
      },
    );
  }, LOOK);
  const child = options.leases === undefined ? undefined : await startDnsmasq(options, options.leases);
  let last: Promise<void> = Promise.resolve();
  return {
    arms: () => arms,
    disarm(host) {
      // One after another: each reads what the one before has written.
      const turn = last.then(async () => {
        await patiently(() => disarm(folder, host));
        await look();
      });
      last = turn.catch(() => {});
      return turn;
    },
    async end() {
      clearInterval(timer);
      await last;
      if (child) await stop(child);
    },
  };
}

/** Tries again while `stackseed pxe` is writing the tree: it refuses a second writer. */
async function patiently(act: () => Promise<unknown>): Promise<void> {
  for (let left = TRIES; ; left -= 1)
    try {
      await act();
      return;
    } catch (error) {
      if (left === 0 || !(error instanceof FindingsError)) throw error;
      await sleep(500);
    }
}

/** Its configuration is the tree's own; it keeps the rights that DHCP needs, and gives up the others by itself. */
async function startDnsmasq({ folder, log, failed }: TreeOptions, leases: string): Promise<ChildProcess> {
  const child = spawn(
    'dnsmasq',
    [
      ...['--keep-in-foreground', '--log-facility=-', `--conf-file=${join(folder, 'dnsmasq.conf')}`],
      `--dhcp-leasefile=${leases}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder },
  );
  createInterface({ input: child.stderr }).on('line', log);
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.on('exit', (code, signal) => {
    if (!ending.has(child)) failed(`dnsmasq ended with ${signal ?? `status ${code}`}`);
  });
  return child;
}

const ending = new WeakSet<ChildProcess>();

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  ending.add(child);
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), GRACE);
    child.once('exit', () => {
      clearTimeout(limit);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
