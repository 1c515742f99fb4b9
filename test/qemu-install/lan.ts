import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Ran, run } from '../images/run.ts';

/** A switch apart from this machine's network, with a machine on it that boots others. */
export interface Lan {
  /** Command line that a program is put behind to run on the boot server. */
  within: string[];
  /** Starts a program there; its output goes to FOLDER/NAME.log. It ends when the network is closed. */
  start(name: string, argv: string[]): ChildProcess;
  /** Runs a program there to its end. */
  run(argv: string[], input?: string): Promise<Ran>;
  /** A port of the switch: name of a tap device. */
  port(): string;
  close(): Promise<void>;
}

/** The boot server's address on it, and its NIC. */
export const SERVER = '10.77.0.1';
export const NIC = 'br0';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export async function openLan(folder: string): Promise<Lan> {
  const name = `stackseed-install-${process.pid}`;
  const within = ['ip', 'netns', 'exec', name];
  const children: ChildProcess[] = [];
  let ports = 0;
  const inside = (...argv: string[]) => ip(['-n', name, ...argv]);
  // What was started here ends with this process; the network would not.
  const stop = () => {
    spawnSync('ip', ['netns', 'del', name]);
    process.exit(130);
  };
  const close = async () => {
    for (const signal of SIGNALS) process.off(signal, stop);
    for (const child of children) await ended(child);
    spawnSync('ip', ['netns', 'del', name]);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    ip(['netns', 'add', name]);
    inside('link', 'set', 'lo', 'up');
    // A port forwards at once, or the firmware gives up on DHCP.
    inside('link', 'add', NIC, 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0');
    inside('addr', 'add', `${SERVER}/24`, 'dev', NIC);
    inside('link', 'set', NIC, 'up');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    within,
    start(log, argv) {
      const [program = '', ...rest] = [...within, 'setpriv', '--pdeathsig', 'TERM', ...argv];
      const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
      const file = createWriteStream(join(folder, `${log}.log`), { flags: 'a' });
      for (const stream of [child.stdout, child.stderr]) stream.pipe(file, { end: false });
      children.push(child);
      return child;
    },
    run: (argv, input = '') => run([...within, 'timeout', '120', ...argv], { input }),
    port() {
      const tap = `tap${ports++}`;
      inside('tuntap', 'add', tap, 'mode', 'tap');
      inside('link', 'set', tap, 'master', NIC, 'up');
      return tap;
    },
    close,
  };
}

/** By a signal that lets it end what it has started; by force where it does not. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(force);
}

function ip(args: string[]): void {
  const ran = spawnSync('ip', args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`ip ${args.join(' ')}: ${ran.stderr}`);
}
