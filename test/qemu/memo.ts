import { setTimeout as sleep } from 'node:timers/promises';
import { type DiskImage, diskImage } from '../images/disk.ts';
import { progress } from '../images/run.ts';
import { type GeneratedFleet, generateMemo, memoNics } from './fleet.ts';
import { type Lab, openLab } from './lab.ts';
import type { Machine } from './machine.ts';

/** The memo's fleet, generated, with a lab to boot its hosts in. */
export interface MemoLab {
  lab: Lab;
  fleet: GeneratedFleet;
  image: DiskImage;
  /** Switches a host on, on its own disk if it has run before, and with its seed as it is now. */
  boot(host: string, options?: BootOptions): Promise<Machine>;
}

export interface BootOptions {
  /** Name of the disk, if not the host's. */
  disk?: string;
  /** Another seed. */
  seed?: string;
  /** Where to record what passes the uplink. */
  record?: string;
}

/** One image for all, so that it is built once. */
const hosts = Object.keys(memoNics);

/** Opens a lab with the packages of the memo's hosts on the disk image; `plain` leaves them out. */
export async function openMemo(
  options: { change?: (inventory: string) => string; plain?: boolean; proxy?: string } = {},
): Promise<MemoLab> {
  const lab = await openLab(options.proxy);
  const fleet = await generateMemo(lab.folder, options.change);
  const image = await diskImage(options.plain ? [] : await fleet.packages(hosts));
  const disks = new Map<string, Promise<string>>();
  return {
    lab,
    fleet,
    image,
    async boot(host, { disk: name = host, seed = fleet.iso(host), record } = {}) {
      const disk = disks.get(name) ?? lab.disk(name, image);
      disks.set(name, disk);
      const nics = (memoNics[host] ?? []).map(([network, mac]) =>
        network === 'uplink' ? { mac, ...(record === undefined ? {} : { record }) } : lab.on(network, mac),
      );
      return lab.switchOn({
        name,
        image,
        disk: await disk,
        seed,
        nics: await Promise.all(nics),
      });
    },
  };
}

/** Waits until a host is ready, and says how long that took. Fails with the host's own words after `seconds`. */
export async function ready(machine: Machine, seconds = 900): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while ((await machine.exec('test -e /run/stackseed/ready')).code !== 0) {
    if (Date.now() > until) throw new Error(`${machine.name} is not ready:\n${await diagnosis(machine)}`);
    await sleep(2000);
  }
  progress(`${machine.name} is ready ${Math.round(machine.age())} s after it was switched on`);
}

/** What an operator would look at. */
export async function diagnosis(machine: Machine): Promise<string> {
  const { stdout, stderr } = await machine.exec(
    'stackseed-node status; systemctl list-jobs; systemctl --failed; ' +
      'journalctl --no-pager -b -o short-monotonic -u "stackseed@*" | tail -40; cloud-init status --long',
  );
  return stdout + stderr;
}

/** Standard output of a command that must succeed, without the last line break. */
export async function say(machine: Machine, script: string, seconds?: number): Promise<string> {
  const { code, stdout, stderr } = await machine.exec(script, seconds);
  if (code !== 0) throw new Error(`${machine.name}: ${script}: exit code ${code}\n${stdout}${stderr}`);
  return stdout.trimEnd();
}
