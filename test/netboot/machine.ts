import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MachineOptions {
  name: string;
  firmware: 'bios' | 'uefi';
  /** Command line that QEMU is put behind. */
  within?: string[];
  nic?: { mac: string; tap: string };
  disk?: string;
  /** Further disks. */
  more?: string[];
  /** Megabytes; 1024 where it is not given. */
  memory?: number;
  /** Whether it starts again when it restarts itself, rather than go off. */
  restarts?: boolean;
  /** An ISO image in a CD drive, or as a USB stick. */
  medium?: { file: string; kind: 'cd' | 'usb' };
  /** Where the console's log lies. */
  folder: string;
  /** QEMU's own further arguments. */
  args?: string[];
}

export interface Machine {
  /** All that came over its serial console. */
  console(): string;
  /** Seconds since power on. */
  age(): number;
  isOff(): boolean;
  /** Waits until something is true, and says the seconds since power on. @throws Error with the console's end */
  until(what: string, done: () => boolean, seconds: number): Promise<number>;
  off(): Promise<void>;
}

const FIRMWARE = '/usr/share/OVMF/OVMF_CODE_4M.fd';
const VARIABLES = '/usr/share/OVMF/OVMF_VARS_4M.fd';

/** Switches a machine on that tries its network first, then its disk, and has no KVM. */
export function powerOn(options: MachineOptions): Machine {
  const { name, folder } = options;
  const began = Date.now();
  const argv = [...(options.within ?? []), 'setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64'];
  const [program = '', ...rest] = [...argv, ...argumentsOf(options)];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(folder, `${name}.console`));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1');
    stream.on('data', (piece: string) => {
      text += piece;
      log.write(piece, 'latin1');
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const age = () => (Date.now() - began) / 1000;
  return {
    console: () => text,
    age,
    isOff: () => child.exitCode !== null || child.signalCode !== null,
    async until(what, done, seconds) {
      for (;;) {
        if (done()) return age();
        if (child.exitCode !== null || age() > seconds) {
          const end = child.exitCode === null ? `not within ${seconds} s` : 'the machine is off';
          throw new Error(`${name}: ${what}: ${end}\n${text.slice(-3000)}`);
        }
        await sleep(200);
      }
    },
    off: () => killed(child, ended),
  };
}

async function killed(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await ended;
}

function argumentsOf(options: MachineOptions): string[] {
  const { name, firmware, nic, disk, more = [], memory = 1024, medium, folder, args = [] } = options;
  const variables = join(folder, `${name}.vars`);
  if (firmware === 'uefi') copyFileSync(VARIABLES, variables);
  const flash = (unit: number, file: string, more = '') =>
    `if=pflash,format=raw,unit=${unit},file=${file}${more}`;
  const drive = (id: string, file: string, more = '') => [
    '-drive',
    `file=${file},if=none,id=${id},format=raw${more}`,
  ];
  // Nobody reads these disks when the machine that this runs on has lost its power.
  const cache = ',cache=unsafe,discard=unmap';
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none'],
    ...(options.restarts ? [] : ['-no-reboot']),
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'qemu64', '-smp', '2'],
    ...['-m', String(memory), '-serial', 'stdio', '-device', 'virtio-rng-pci'],
    ...(firmware === 'uefi'
      ? ['-drive', flash(0, FIRMWARE, ',readonly=on'), '-drive', flash(1, variables)]
      : []),
    ...(nic
      ? [
          ...['-netdev', `tap,id=n0,ifname=${nic.tap},script=no,downscript=no`],
          // UEFI brings a driver of its own; to BIOS QEMU gives iPXE.
          ...[
            '-device',
            `virtio-net-pci,netdev=n0,mac=${nic.mac},bootindex=1${firmware === 'uefi' ? ',romfile=' : ''}`,
          ],
        ]
      : []),
    ...(disk ? [...drive('d0', disk, cache), '-device', 'virtio-blk-pci,drive=d0,bootindex=2'] : []),
    ...more.flatMap((file, at) => [
      ...drive(`d${at + 1}`, file, cache),
      ...['-device', `virtio-blk-pci,drive=d${at + 1},bootindex=${at + 3}`],
    ]),
    ...(medium?.kind === 'cd'
      ? [...drive('m0', medium.file, ',readonly=on'), '-device', 'ide-cd,drive=m0,bootindex=0']
      : []),
    ...(medium?.kind === 'usb'
      ? [
          ...drive('m0', medium.file, ',readonly=on'),
          ...['-device', 'qemu-xhci', '-device', 'usb-storage,drive=m0,bootindex=0'],
        ]
      : []),
    ...args,
  ];
}
