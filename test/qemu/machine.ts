import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DiskImage } from '../images/disk.ts';
import { type Agent, type Answer, connectAgent } from './agent.ts';

/** A network card: on a segment of the fleet, or leading outside by QEMU's own little router and DHCP. */
export interface Nic {
  mac: string;
  /** Path of a segment's socket; absent: outside. */
  segment?: string;
  /** All that passes is written here, in pcap's format. */
  record?: string;
}

export interface MachineOptions {
  name: string;
  image: DiskImage;
  /** The machine's own disk, an overlay over the image. It outlives the machine. */
  disk: string;
  /** Path of the seed ISO. */
  seed: string;
  nics: Nic[];
  /** Command line that QEMU is put behind, so that it runs in the network that is outside. */
  within: string[];
  /** Where the console's log and the agent's socket lie. */
  folder: string;
  megabytes: number;
  cpus: number;
}

export interface Machine {
  name: string;
  /** Seconds since it was switched on. */
  age(): number;
  exec(script: string, seconds?: number): Promise<Answer>;
  /** The plug pulled: QEMU is killed, what was only in the machine's memory is lost. */
  powerCut(): Promise<void>;
  /** Shuts the machine down as an operator would. */
  shutDown(): Promise<void>;
}

/** Switches a machine on. It runs without KVM, so that it runs wherever QEMU does. */
export async function switchOn(options: MachineOptions): Promise<Machine> {
  const socket = join(options.folder, `${options.name}.agent`);
  const began = Date.now();
  // The kernel kills QEMU when this process dies, however it dies.
  const argv = [...options.within, 'setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64'];
  const [program = '', ...rest] = [...argv, ...argumentsOf(options, socket)];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(options.folder, `${options.name}.log`), { flags: 'a' });
  log.write('---- switched on\n');
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} ${line}\n`);
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', (error) => log.write(`${error.message}\n`));
  let agent: Agent;
  try {
    agent = await connectAgent(socket);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${options.name} does not start, see ${log.path}: ${(error as Error).message}`);
  }
  return {
    name: options.name,
    age: () => (Date.now() - began) / 1000,
    exec: (script, seconds) => agent.exec(script, seconds),
    powerCut: () => killed(child, ended),
    async shutDown() {
      // The answer may be lost on the way down.
      await agent.exec('systemctl --no-block poweroff').catch(() => undefined);
      await ended;
    },
  };
}

async function killed(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await ended;
}

function argumentsOf(options: MachineOptions, socket: string): string[] {
  const nics = options.nics.flatMap(({ mac, segment, record }, at) => [
    '-netdev',
    segment === undefined
      ? `user,id=nic${at},ipv6=off`
      : `stream,id=nic${at},server=off,addr.type=unix,addr.path=${segment}`,
    // No network boot is tried, so no firmware for it is loaded.
    ...['-device', `virtio-net-pci,netdev=nic${at},mac=${mac},romfile=`],
    ...(record === undefined ? [] : ['-object', `filter-dump,id=record${at},netdev=nic${at},file=${record}`]),
  ]);
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot'],
    // The plainest processor: newer instructions are slower to translate than what they replace.
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'qemu64'],
    ...['-smp', String(options.cpus), '-m', String(options.megabytes)],
    ...['-kernel', options.image.kernel, '-initrd', options.image.initrd],
    ...['-append', 'root=/dev/vda rw console=ttyS0 panic=5 systemd.show_status=1'],
    // writeback and no more: a flush of the machine reaches the file, what it did not flush may be lost.
    ...['-drive', `file=${options.disk},if=virtio,format=qcow2,cache=writeback`],
    ...['-drive', `file=${options.seed},if=virtio,format=raw,readonly=on`],
    ...['-device', 'virtio-rng-pci', '-serial', 'stdio'],
    ...['-chardev', `socket,id=agent,path=${socket},server=on,wait=off`, '-device', 'virtio-serial-pci'],
    ...['-device', 'virtserialport,chardev=agent,name=driver'],
    ...nics,
  ];
}
