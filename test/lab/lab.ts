import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from '../images/cache.ts';
import { cgroupRoot, killCgroup } from './cgroup.ts';
import { layers } from './layers.ts';
import { type Answer, type ExecOptions, type Machine, machine } from './machine.ts';
import type { FleetSpec, HostSpec, SeedOptions } from './seeds.ts';
import { labSwitch, type Switch } from './switch.ts';

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
  powerCut(): Promise<void>;
  powerOn(): Promise<void>;
  /** In an orderly way, by systemd; returns when the next systemd runs. */
  reboot(): Promise<void>;
  powerOff(): Promise<void>;
  /** Cuts the power and loses the disk; the seed stays in the drive. */
  wipe(): Promise<void>;
  /** Another seed into the drive: an ISO, the folder of a host, or an out/ that has the host. */
  seed(from: string): Promise<void>;
  journal(unit: string, lines?: number): Promise<string>;
  memory(): number;
}

export interface Lab {
  name: string;
  folder: string;
  fleet(): FleetSpec;
  /** Switches hosts on, with seeds of the inventory as it is now; hosts that are on stay as they are. */
  up(names?: string[]): Promise<void>;
  host(name: string): LabHost;
  /** Hosts that were ever up. */
  hosts(): LabHost[];
  switch: Switch;
  /** Cuts all power and takes the networks away; disks stay. */
  down(): Promise<void>;
  /** Leaves nothing. */
  destroy(): Promise<void>;
}

export interface LabOptions extends Partial<SeedOptions> {
  name: string;
  /** Hosts that `up` switches on when it is told no others; the controllers when left out. */
  hosts?: string[];
}

/** A lab by its name, as it stands: it may be up already. The inventory is remembered from one `up` to the next. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { name } = options;
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) throw new Error(`${name} is no name for a lab`);
  const folder = join(cacheFolder(), 'lab', name);
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  const cgroup = join(cgroupRoot(), 'stackseed-lab', `${name}-${mark}`);
  const network = labSwitch(join(cgroup, 'switch'));
  const file = join(folder, 'lab.json');
  const remembered: { seeds: SeedOptions; fleet: FleetSpec } | undefined = existsSync(file)
    ? JSON.parse(await readFile(file, 'utf8'))
    : undefined;
  let fleet = remembered?.fleet;

  const known = (): FleetSpec => {
    if (!fleet) throw new Error(`the lab ${name} was never up`);
    return fleet;
  };

  function specOf(host: string): HostSpec {
    const spec = known().hosts.find((one) => one.name === host);
    if (!spec) throw new Error(`the inventory has no host ${host}`);
    return spec;
  }

  function machineOf(host: string): Machine {
    return machine(specOf(host), folderOf(host), join(cgroup, `host-${host}`), network);
  }

  const folderOf = (host: string): string => join(folder, 'hosts', host);

  async function prepare(): Promise<void> {
    const inventory = options.inventory ?? remembered?.seeds.inventory;
    if (!inventory) throw new Error(`the lab ${name} was never up: name an inventory`);
    const platform = options.platform ?? (options.inventory ? undefined : remembered?.seeds.platform);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const seeds = { inventory: resolve(inventory), ...(platform && { platform }) };
    // The generator is slow to load, and most verbs do without.
    const { makeSeeds } = await import('./seeds.ts');
    fleet = await makeSeeds(folder, seeds);
    await writeFile(file, JSON.stringify({ seeds, fleet }));
  }

  function hostOf(host: string): LabHost {
    const spec = specOf(host);
    const box = machineOf(host);
    const answered = async (argv: string[], options?: ExecOptions): Promise<string> => {
      const { status, stdout, stderr } = await box.exec(argv, options);
      if (status !== 0) throw new Error(`${host}: ${argv.join(' ')}: exit status ${status}\n${stderr}`);
      return stdout;
    };
    const on = async (): Promise<void> => {
      await network.on(known().networks);
      await box.on(await layers(spec.packages));
    };
    return {
      name: host,
      spec,
      exec: box.exec,
      must: answered,
      async enter() {
        const words = await box.prefix();
        if (!words) throw new Error(`${host} is off`);
        return words;
      },
      script: (text, options) => box.exec(['bash', '-s'], { ...options, input: text }),
      isOn: box.isOn,
      powerCut: box.cut,
      powerOn: on,
      async reboot() {
        const before = await box.pid();
        await answered(['systemctl', 'reboot', '--no-block']);
        await until(async () => ![before, undefined].includes(await box.pid()), `${host} does not come back`);
      },
      async powerOff() {
        await answered(['systemctl', 'poweroff', '--no-block']);
        await until(async () => !(await box.isOn()), `${host} does not shut down`);
        await box.cut();
      },
      wipe: box.wipe,
      async seed(from) {
        const places = ['', 'seed.iso', `${host}/seed.iso`, `hosts/${host}/seed.iso`];
        const iso = places
          .map((place) => join(from, place))
          .find((path) => path.endsWith('.iso') && existsSync(path));
        if (!iso) throw new Error(`there is no seed.iso for ${host} in ${from}`);
        await box.insert(iso);
      },
      async journal(unit, lines = 200) {
        const { stdout, stderr } = await box.exec([
          'journalctl',
          '-q',
          '--no-pager',
          '-n',
          String(lines),
          '-u',
          unit,
        ]);
        return stdout + stderr;
      },
      memory: box.memory,
    };
  }

  async function up(names = options.hosts ?? []): Promise<void> {
    await prepare();
    const { hosts, networks, seeds } = known();
    const controllers = hosts.filter(({ roles }) => roles.includes('controller')).map((host) => host.name);
    const wanted = (names.length > 0 ? names : controllers).map(specOf);
    for (const spec of wanted) await layers(spec.packages);
    await network.on(networks);
    await Promise.all(
      wanted.map(async (spec) => {
        const host = hostOf(spec.name);
        if (await host.isOn()) return;
        await host.seed(join(seeds, spec.name));
        await host.powerOn();
      }),
    );
  }

  async function down(): Promise<void> {
    await killCgroup(cgroup);
    await rmdir(dirname(cgroup)).catch(() => undefined);
  }

  return {
    name,
    folder,
    fleet: known,
    up,
    host: hostOf,
    hosts: () =>
      (fleet?.hosts ?? []).filter(({ name }) => existsSync(folderOf(name))).map(({ name }) => hostOf(name)),
    switch: network,
    down,
    async destroy() {
      await down();
      await rm(folder, { recursive: true, force: true });
      for (const parent of [dirname(folder)]) {
        if (existsSync(parent) && (await readdir(parent)).length === 0) await rmdir(parent);
      }
    },
  };
}

async function until(done: () => Promise<boolean>, problem: string, seconds = 120): Promise<void> {
  for (const began = Date.now(); !(await done()); await sleep(50)) {
    if (Date.now() - began > seconds * 1000) throw new Error(problem);
  }
}
