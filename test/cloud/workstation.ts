import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must, type Ran, type RunOptions, run } from '../images/run.ts';
import type { Lab } from '../lab/lab.ts';
import { layers } from '../lab/layers.ts';
import type { Access } from './access.ts';
import { PUBLIC } from './fleet.ts';

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), 'workstation.sh');

/** A machine outside the fleet, of Debian 12 with packages of its own, which reaches the fleet by its networks. */
export interface Workstation {
  run(argv: string[], options?: RunOptions): Promise<Ran>;
  must(argv: string[], options?: RunOptions): Promise<string>;
  /** A file of its disk; the folder is made. */
  put(path: string, content: string): Promise<void>;
}

/** It knows the cloud's name, and its authority by /root/ca.crt. Its disk stays in the lab's folder. */
export async function openWorkstation(lab: Lab, access: Access, packages: string[]): Promise<Workstation> {
  const folder = join(lab.folder, 'workstation');
  const lower = (await layers(packages, 'bookworm')).join(':');
  await mkdir(folder, { recursive: true });
  const words = async (argv: string[]): Promise<string[]> => [
    ...(await lab.switch.prefix()),
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', SCRIPT, folder, lower],
    ...['env', '-i', 'HOME=/root', 'LC_ALL=C.UTF-8', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...argv],
  ];
  const station: Workstation = {
    run: async (argv, options) => run(await words(argv), options),
    must: async (argv, options) => must(await words(argv), options),
    async put(path, content) {
      const real = join(folder, 'changes', path);
      await mkdir(dirname(real), { recursive: true });
      await writeFile(real, content, { mode: 0o600 });
    },
  };
  await station.put('/etc/hosts', `127.0.0.1 localhost\n${PUBLIC} ${access.name}\n`);
  await station.put('/root/ca.crt', await readFile(access.authority, 'utf8'));
  return station;
}
