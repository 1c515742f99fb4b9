import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskImage } from '../images/disk.ts';
import { must } from '../images/run.ts';
import { type Machine, type Nic, switchOn } from './machine.ts';
import { openOutside } from './outside.ts';
import { openSegment, type Segment } from './segment.ts';

/** Where machines are started and everything they need is cleaned up. */
export interface Lab {
  folder: string;
  /** A fresh disk over an image. */
  disk(name: string, image: DiskImage): Promise<string>;
  /** A network card on a network of the fleet, which is opened when it is first named. */
  on(network: string, mac: string): Promise<Nic>;
  switchOn(options: LabMachine): Promise<Machine>;
  close(keepConsoles: boolean): Promise<void>;
}

export interface LabMachine {
  name: string;
  image: DiskImage;
  disk: string;
  seed: string;
  nics: Nic[];
  megabytes?: number;
  cpus?: number;
}

/**
 * Opens a lab. Whoever opens it closes it, whether the work succeeds or fails: the machines' consoles
 * then stay if told to, or if STACKSEED_KEEP names the folder to work in. `proxy` is the socket of an
 * HTTP proxy that the machines may use.
 */
export async function openLab(proxy?: string): Promise<Lab> {
  const kept = process.env['STACKSEED_KEEP'];
  const parent = kept ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'stackseed-qemu-'));
  const outside = await openOutside(folder, proxy);
  const machines: Machine[] = [];
  const segments = new Map<string, Promise<Segment>>();
  return {
    folder,
    async disk(name, image) {
      const path = join(folder, `${name}.qcow2`);
      await must(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image.disk, path]);
      return path;
    },
    async on(network, mac) {
      const segment = segments.get(network) ?? openSegment(join(folder, `${network}.segment`));
      segments.set(network, segment);
      return { mac, segment: (await segment).path };
    },
    async switchOn(options) {
      const { within } = outside;
      const machine = await switchOn({ megabytes: 768, cpus: 1, within, folder, ...options });
      machines.push(machine);
      return machine;
    },
    async close(keepConsoles) {
      await Promise.all(machines.map((machine) => machine.powerCut()));
      for (const segment of segments.values()) (await segment).close();
      await outside.close();
      const keep = keepConsoles || kept !== undefined;
      if (keep) process.stderr.write(`  the machines' consoles are in ${folder}\n`);
      for (const file of await readdir(folder))
        if (!keep || !file.endsWith('.log')) await rm(join(folder, file), { recursive: true, force: true });
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}
