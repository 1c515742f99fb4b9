import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Installer } from '../install/types.ts';
import { netbootProblem } from './problem.ts';

const fileName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/);
const installerFile = z.object({
  host: z.string().regex(/^[a-z0-9-]{1,63}$/),
  platform: z.string().regex(/^[a-z][a-z0-9]*-[0-9]+(\.[0-9]+)*$/),
  kind: z.enum(['debian-installer', 'autoinstall']),
  macs: z.array(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)).min(1),
  firmware: z.enum(['any', 'bios', 'uefi']),
  cmdline: z.array(z.string()),
  serial: z.string().optional(),
  files: z.record(fileName, fileName),
});

/**
 * Reads installer.json of a host in out/; it is checked again, because it becomes paths and boot files.
 * @throws FindingsError "not-installable" where there is none, "installer-unreadable" where it is not ours
 */
export async function readInstaller(fleetOut: string, host: string): Promise<Installer> {
  if (!/^[a-z0-9-]{1,63}$/.test(host)) throw notInstallable(host, fleetOut);
  const file = join(fleetOut, 'hosts', host, 'installer.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? notInstallable(host, fleetOut) : error;
  });
  try {
    const installer = installerFile.parse(JSON.parse(text));
    if (installer.host !== host) throw new Error('of another host');
    const { serial, ...rest } = installer;
    return { ...rest, ...(serial !== undefined && { serial }) };
  } catch {
    const hint = 'run `stackseed generate` again';
    throw netbootProblem(
      'installer-unreadable',
      `hosts.${host}`,
      `${file} is not what stackseed writes`,
      hint,
    );
  }
}

/** The files that the installer fetches, by the name that it asks for. */
export async function hostFiles(fleetOut: string, installer: Installer): Promise<Map<string, Buffer>> {
  const folder = join(fleetOut, 'hosts', installer.host);
  const files = Object.entries(installer.files).sort(([one], [other]) => (one < other ? -1 : 1));
  return new Map(
    await Promise.all(
      files.map(
        async ([name, from]): Promise<[string, Buffer]> => [name, await readFile(join(folder, from))],
      ),
    ),
  );
}

function notInstallable(host: string, fleetOut: string): Error {
  return netbootProblem(
    'not-installable',
    `hosts.${host}`,
    `${fleetOut} has no installer for ${JSON.stringify(host)}`,
    'give the host an `install` key (install: {} will do) and run `stackseed generate`',
  );
}
