import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunOptions, run } from '../images/run.ts';
import { allMembers, inCgroup, isPopulated, killCgroup, makeCgroup, members } from './cgroup.ts';
import { script } from './scripts.ts';
import type { HostSpec } from './seeds.ts';
import type { Switch } from './switch.ts';

/** Seconds in which a host's first program runs; a disk with a size is made before. */
const START = 120;

export interface Answer {
  /** Exit status; 124 or 137 when the time was over, 125 when the host is off. */
  status: number;
  stdout: string;
  stderr: string;
}

export interface ExecOptions extends Pick<RunOptions, 'input'> {
  /** Seconds; 60 when left out. */
  timeout?: number;
}

/** One machine of the lab. Everything but its disk is gone when it is off. */
export interface Machine {
  isOn(): Promise<boolean>;
  /** The host's PID 1 as this machine numbers it; undefined while there is none. */
  pid(): Promise<number | undefined>;
  /** Switches it on, unless it is, and waits until systemd runs in it. */
  on(layers: string[]): Promise<void>;
  /** Links go first, then everything in the machine dies at one moment. */
  cut(): Promise<void>;
  exec(argv: string[], options?: ExecOptions): Promise<Answer>;
  /** Whether a path without links exists there; false when it is off. No program is started for it. */
  has(path: string): Promise<boolean>;
  /** Words in front of a command that is to run in the machine; undefined when it is off. */
  prefix(): Promise<string[] | undefined>;
  /** Puts a seed ISO into the drive; the machine sees it when it is next switched on or rebooted. */
  insert(iso: string): Promise<void>;
  /** Shapes what comes to it by a queueing discipline, given in the words of tc; undefined: as fast as it goes. */
  shape(discipline: string | undefined): Promise<void>;
  /** Cuts the power and gives it an empty disk, of that size (such as "3G") or as large as this machine's. */
  wipe(size?: string): Promise<void>;
  /** Bytes of memory that its programs have for themselves, their shares of what they share included. */
  memory(): number;
}

/** A machine in `folder`, with a cgroup of its own, on a switch. */
export function machine(spec: HostSpec, folder: string, cgroup: string, network: Switch): Machine {
  const execCgroup = join(cgroup, 'exec');
  const hardware = join(cgroup, 'hardware');
  // Beside the hosts' folders, for what its file servers serve.
  const shares = join(folder, '../../shares');
  const share = spec.roles.includes('storage') ? join(shares, spec.name) : undefined;
  const pid = async () => (await members(join(cgroup, 'machine/payload/init.scope'))).find(isFirst);

  async function cut(): Promise<void> {
    if (await network.isOn()) {
      const input = spec.cards.map(({ port }) => `link delete ${port}`).join('\n');
      await network.exec(['ip', '-force', '-batch', '-'], { input });
    }
    await killCgroup(cgroup);
  }

  async function prefix(): Promise<string[] | undefined> {
    const first = await pid();
    if (first === undefined) return undefined;
    const enter = ['nsenter', '-t', String(first), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w'];
    return [...inCgroup(execCgroup), ...enter, 'env', '-i', ...environment];
  }

  async function start(layers: string[]): Promise<void> {
    await mkdir(folder, { recursive: true });
    // A disk stays on the layers that it was made on.
    const file = join(folder, 'layers');
    if (!existsSync(join(folder, 'upper')) && !existsSync(join(folder, 'disk.img')))
      await writeFile(file, layers.join(':'));
    await makeCgroup(execCgroup);
    await makeCgroup(hardware);
    await mkdir(share ?? shares, { recursive: true });
    const [program = '', ...words] = [
      ...inCgroup(hardware),
      ...['unshare', '--mount', '--propagation', 'slave', script('machine.sh'), folder],
    ];
    const console = openSync(join(folder, 'console.log'), 'a');
    spawn(program, words, {
      detached: true,
      stdio: ['ignore', console, console],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LAB_CGROUP: cgroup,
        LAB_SHARES: shares,
        LAB_SHARE: share ?? '',
        LAB_LAYERS: await readFile(file, 'utf8'),
        LAB_SWITCH: await network.namespace(),
        LAB_CARDS: spec.cards
          .map((card) => [card.port, card.name, card.mac, card.mtu, card.bridge].join(' '))
          .join('\n'),
      },
    }).unref();
    closeSync(console);
    // Until it is in its cgroup, or has failed already.
    await sleep(100);
  }

  return {
    pid,
    cut,
    isOn: () => isPopulated(cgroup),
    async on(layers) {
      const failed = new Error(`${spec.name} does not start: see ${folder}/console.log`);
      let starts = 0;
      for (const began = Date.now(); (await pid()) === undefined; await sleep(20)) {
        if (Date.now() - began > START * 1000) throw failed;
        if (await isPopulated(cgroup)) continue;
        // Also where somebody else has just switched it on, in vain.
        if (++starts > 2) throw failed;
        await start(layers);
      }
    },
    prefix,
    async has(path) {
      const first = await pid();
      return first !== undefined && existsSync(`/proc/${first}/root${path}`);
    },
    async exec(argv, { input, timeout = 60 } = {}) {
      const enter = await prefix();
      if (!enter) return { status: 125, stdout: '', stderr: `${spec.name} is off\n` };
      const limit = ['timeout', '-k', '2', String(timeout)];
      const options = input === undefined ? {} : { input };
      const { code, ...said } = await run([...enter, ...limit, ...argv], options);
      return { status: code, ...said };
    },
    async insert(iso) {
      await mkdir(folder, { recursive: true });
      await copyFile(iso, join(folder, 'seed.iso.new'));
      await rename(join(folder, 'seed.iso.new'), join(folder, 'seed.iso'));
    },
    async shape(discipline) {
      const file = join(folder, 'shape');
      await mkdir(folder, { recursive: true });
      if (await isPopulated(cgroup)) {
        for (const { port } of spec.cards) {
          const words = discipline
            ? ['replace', 'dev', port, 'root', ...discipline.split(' ')]
            : ['delete', 'dev', port, 'root'];
          const { code, stderr } = await network.exec(['tc', 'qdisc', ...words]);
          if (code !== 0 && discipline) throw new Error(`tc: ${discipline}: ${stderr.trim()}`);
        }
      }
      await (discipline ? writeFile(file, discipline) : rm(file, { force: true }));
    },
    async wipe(size) {
      await cut();
      for (const part of ['upper', 'work', 'layers', 'disk.img', 'disk.size'])
        await rm(join(folder, part), { recursive: true, force: true });
      if (share) await rm(share, { recursive: true, force: true });
      if (size === undefined) return;
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'disk.size'), size);
    },
    memory: () =>
      allMembers(join(cgroup, 'machine/payload')).reduce((sum, one) => sum + proportional(one), 0),
  };
}

const environment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'TERM=dumb',
  'LC_ALL=C.UTF-8',
];

/** Whether a process is the first of its PID namespace. */
function isFirst(pid: number): boolean {
  return /^NSpid:.*\s1$/m.test(read(`/proc/${pid}/status`));
}

function proportional(pid: number): number {
  return 1024 * Number(/^Pss: +(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
