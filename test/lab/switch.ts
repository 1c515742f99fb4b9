import { spawn } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, type Ran, type RunOptions, run } from '../images/run.ts';
import { inCgroup, killCgroup, makeCgroup, members } from './cgroup.ts';
import type { NetworkSpec } from './seeds.ts';

/**
 * The lab's switch: a network namespace with a bridge for each network. It is also a machine on all of
 * them, the client, from which the lab's own programs talk to the hosts.
 */
export interface Switch {
  /** Path of the namespace; throws when the switch is off. */
  namespace(): Promise<string>;
  isOn(): Promise<boolean>;
  on(networks: NetworkSpec[]): Promise<void>;
  /** Ends the client's programs too. */
  off(): Promise<void>;
  /** Words in front of a command that is to run as the client. */
  prefix(): Promise<string[]>;
  /** Runs a program of this machine as the client. */
  exec(argv: string[], options?: RunOptions): Promise<Ran>;
}

/** `cgroup` is the switch's own. */
export function labSwitch(cgroup: string): Switch {
  const holder = join(cgroup, 'holder');
  const clients = join(cgroup, 'clients');
  // What runs in the cgroup and is in another namespace than this process.
  const findPid = async (): Promise<number | undefined> => (await members(holder)).find(isApart);
  // Made when the bridges are there: a switch without it is one whose start was broken off.
  const ready = join(cgroup, 'ready');
  const isOn = async (): Promise<boolean> => existsSync(ready) && (await findPid()) !== undefined;
  const namespace = async (): Promise<string> => {
    const pid = await findPid();
    if (pid === undefined) throw new Error('the lab is down');
    return `/proc/${pid}/ns/net`;
  };
  const prefix = async (): Promise<string[]> => [
    ...inCgroup(clients),
    'nsenter',
    `--net=${await namespace()}`,
  ];
  const exec = async (argv: string[], options: RunOptions = {}): Promise<Ran> =>
    run([...(await prefix()), ...argv], options);
  // Hosts that are switched on at once share one start.
  let starting: Promise<void> | undefined;
  return {
    namespace,
    prefix,
    exec,
    isOn,
    off: () => killCgroup(cgroup),
    on(networks) {
      starting ??= start(networks).finally(() => {
        starting = undefined;
      });
      return starting;
    },
  };

  async function start(networks: NetworkSpec[]): Promise<void> {
    if (await isOn()) return;
    await killCgroup(cgroup);
    await makeCgroup(holder);
    await makeCgroup(clients);
    const words = [...inCgroup(holder), 'unshare', '--net', 'sleep', 'infinity'];
    spawn(words[0] ?? '', words.slice(1), { detached: true, stdio: 'ignore' }).unref();
    for (let tries = 0; (await findPid()) === undefined; tries += 1) {
      if (tries > 500) throw new Error('the switch does not start');
      await sleep(10);
    }
    const input = ['link set lo up', ...networks.flatMap(bridge)].join('\n');
    await must([...(await prefix()), 'ip', '-batch', '-'], { input });
    await makeCgroup(ready);
  }
}

function bridge({ bridge: name, client }: NetworkSpec): string[] {
  return [
    `link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${name} up`,
    ...(client ? [`address add ${client} dev ${name}`] : []),
  ];
}

function isApart(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}
