import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
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
  return {
    namespace,
    prefix,
    exec,
    isOn: async () => (await findPid()) !== undefined,
    off: () => killCgroup(cgroup),
    async on(networks) {
      if ((await findPid()) !== undefined) return;
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
    },
  };
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
