import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, ExecOptions, Machine } from './machine.ts';
import type { HostSpec } from './seeds.ts';

export interface LabHost {
  name: string;
  spec: HostSpec;
  exec(argv: string[], options?: ExecOptions): Promise<Answer>;
  /** As exec, but anything else than status 0 is an error; gives what was written to standard output. */
  must(argv: string[], options?: ExecOptions): Promise<string>;
  /** Words in front of a command that is to run in it, for programs that go on. Throws when it is off. */
  enter(): Promise<string[]>;
  /** A bash script on standard input. */
  script(text: string, options?: Omit<ExecOptions, 'input'>): Promise<Answer>;
  isOn(): Promise<boolean>;
  /** Whether a path without links exists there; false when it is off. No program is started for it. */
  has(path: string): Promise<boolean>;
  powerCut(): Promise<void>;
  powerOn(): Promise<void>;
  /** In an orderly way, by systemd; returns when the next systemd runs. */
  reboot(): Promise<void>;
  powerOff(): Promise<void>;
  /** Cuts the power and loses the disk; the seed stays in the drive. The new disk may have a size, as "3G". */
  wipe(size?: string): Promise<void>;
  /** Another seed into the drive: an ISO, the folder of a host, or an out/ that has the host. */
  seed(from: string): Promise<void>;
  journal(unit: string, lines?: number): Promise<string>;
  memory(): number;
  /**
   * Slows down what comes to it: to a rate such as "512kbit", or by a delay such as "50ms", which throws
   * where the kernel has no netem. Without a word it is as fast as it goes. It stays when the host is off.
   */
  slow(by?: string): Promise<void>;
}

/** A host of a lab: a machine that `powerOn` switches on. */
export function labHost(spec: HostSpec, box: Machine, powerOn: () => Promise<void>): LabHost {
  const { name } = spec;

  async function must(argv: string[], options?: ExecOptions): Promise<string> {
    const { status, stdout, stderr } = await box.exec(argv, options);
    if (status !== 0) throw new Error(`${name}: ${argv.join(' ')}: exit status ${status}\n${stderr}`);
    return stdout;
  }

  return {
    name,
    spec,
    must,
    powerOn,
    exec: box.exec,
    script: (text, options) => box.exec(['bash', '-s'], { ...options, input: text }),
    isOn: box.isOn,
    has: box.has,
    powerCut: box.cut,
    wipe: box.wipe,
    memory: box.memory,
    async enter() {
      const words = await box.prefix();
      if (!words) throw new Error(`${name} is off`);
      return words;
    },
    async reboot() {
      const before = await box.pid();
      await must(['systemctl', 'reboot', '--no-block']);
      await until(async () => ![before, undefined].includes(await box.pid()), `${name} does not come back`);
    },
    async powerOff() {
      await must(['systemctl', 'poweroff', '--no-block']);
      await until(async () => !(await box.isOn()), `${name} does not shut down`);
      await box.cut();
    },
    async seed(from) {
      const places = ['', 'seed.iso', `${name}/seed.iso`, `hosts/${name}/seed.iso`];
      const iso = places
        .map((place) => join(from, place))
        .find((path) => path.endsWith('.iso') && existsSync(path));
      if (!iso) throw new Error(`there is no seed.iso for ${name} in ${from}`);
      await box.insert(iso);
    },
    async journal(unit, lines = 1000) {
      const words = ['journalctl', '--quiet', '--no-pager', '--lines', String(lines), '--unit', unit];
      return must(words);
    },
    slow: (by) => box.shape(by && (by.endsWith('s') ? `netem delay ${by}` : `tbf rate ${by} ${queue}`)),
  };
}

/** What is too much for the rate waits until so much waits; what is more is lost. */
const queue = 'burst 32kb latency 500ms';

async function until(done: () => Promise<boolean>, problem: string, seconds = 180): Promise<void> {
  for (const began = Date.now(); !(await done()); await sleep(50)) {
    if (Date.now() - began > seconds * 1000) throw new Error(problem);
  }
}
