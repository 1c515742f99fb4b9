import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Installer } from '../install/types.ts';
import { claim } from '../pack/claim.ts';
import { syncFolder, writeAtomic, writeNew } from '../pack/index.ts';
import { armedPaths, armedTexts, BOOT_FOLDERS, PXELINUX_DEFAULT } from './boot-files.ts';
import { makeFolder, writeTexts } from './folders.ts';
import { hostFiles, readInstaller } from './installer-file.ts';
import { netbootProblem } from './problem.ts';
import { readTreeFile } from './tree-file.ts';
import type { Arm, BootUrls } from './types.ts';

const armsFile = z.array(
  z.strictObject({
    host: z.string().regex(/^[a-z0-9-]{1,63}$/),
    macs: z.array(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)),
    token: z.string().regex(/^[0-9a-f]{32}$/),
    since: z.iso.datetime(),
  }),
);
const ARMS = 'arms.json';

/**
 * Reads arms.json of the tree `folder`: the hosts that are armed, sorted by name. An absent file means none.
 * @throws FindingsError "arms-unreadable" when the file is not what stackseed writes
 */
export async function readArms(folder: string): Promise<Arm[]> {
  const file = join(folder, ARMS);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  try {
    return armsFile.parse(JSON.parse(text));
  } catch {
    const hint = 'remove it, build the tree anew and arm again: until then nobody is armed';
    throw netbootProblem('arms-unreadable', 'pxe', `${file} is not what stackseed writes`, hint);
  }
}

/**
 * Arms hosts in the tree `folder`, all of them or none: each gets a new token, a folder www/t/TOKEN with its
 * preseed and seed out of `fleetOut` (what `stackseed generate` wrote), and boot files for each of its MAC
 * addresses. One that is armed already gets a new token; the old one stops working. Written in this order: token
 * folder, arms.json, boot files; so a run that is killed leaves no boot file without an entry.
 * @returns the new arms
 * @throws FindingsError when a host has no installer file, its platform has no image in the tree, or another run
 *   writes to the tree
 */
export async function arm(
  folder: string,
  fleetOut: string,
  hosts: string[],
  urls?: BootUrls,
): Promise<Arm[]> {
  const tree = await readTreeFile(folder);
  const release = await claim(folder);
  try {
    const before = await readArms(folder);
    const since = new Date().toISOString();
    const wanted = await Promise.all(
      [...new Set(hosts)].sort().map(async (host) => {
        const installer = await readInstaller(fleetOut, host);
        if (!Object.hasOwn(tree.images, installer.platform)) throw noImage(host, installer);
        const files = await hostFiles(fleetOut, installer);
        const token = randomBytes(16).toString('hex');
        const one: Arm = { host, macs: installer.macs, token, since };
        return { one, files, texts: armedTexts(one, installer, urls ?? tree.urls, md5Of(files)) };
      }),
    );
    const arms = wanted.map(({ one }) => one);
    const others = before.filter(({ host }) => !arms.some((one) => one.host === host));
    refuseSharedMacs([...others, ...arms]);
    for (const { one, files } of wanted) await writeToken(folder, one.token, files);
    const replaced = before.filter((one) => !others.includes(one));
    await removeBootFiles(folder, replaced);
    await saveArms(folder, [...others, ...arms]);
    for (const { texts } of wanted) await writeTexts(folder, texts);
    await removeTokens(folder, replaced);
    return arms;
  } finally {
    await release();
  }
}

/**
 * Disarms a host: from here on it boots its disk. Its boot files go first, then its entry, then www/t/TOKEN.
 * @returns whether it was armed
 * @throws FindingsError when another run writes to the tree
 */
export async function disarm(folder: string, host: string): Promise<boolean> {
  // Says in words of ours where there is no tree.
  await readTreeFile(folder);
  const release = await claim(folder);
  try {
    const before = await readArms(folder);
    const gone = before.filter((one) => one.host === host);
    if (gone.length === 0) return false;
    await removeBootFiles(folder, gone);
    const others = before.filter((one) => one.host !== host);
    await saveArms(folder, others);
    await removeTokens(folder, gone);
    return true;
  } finally {
    await release();
  }
}

/** Removes what no entry stands for, as a run that was killed may leave it. The tree is claimed by the caller. */
export async function removeStray(folder: string, arms: Arm[]): Promise<void> {
  const tokens = arms.map(({ token }) => `www/t/${token}`);
  const kept = new Set([...armedPaths(arms.flatMap(({ macs }) => macs)), ...tokens, PXELINUX_DEFAULT]);
  for (const parent of [...BOOT_FOLDERS, 'www/t'])
    for (const name of await readdir(join(folder, parent)))
      if (!kept.has(`${parent}/${name}`)) await rm(join(folder, parent, name), { recursive: true });
}

export function md5Of(files: Map<string, Buffer>): string | undefined {
  const preseed = files.get('preseed.cfg');
  return preseed && createHash('md5').update(preseed).digest('hex');
}

/**
 * The folder holds secrets, so nobody on this machine reads it but its owner and the group of www/t, which new
 * folders inherit by its set-group-id bit.
 */
async function writeToken(folder: string, token: string, files: Map<string, Buffer>): Promise<void> {
  const tokens = join(folder, 'www', 't');
  await makeFolder(tokens, 0o2751);
  const beside = join(tokens, `.${token}.new`);
  await mkdir(beside, { mode: 0o700 });
  for (const [name, content] of files) await writeNew(join(beside, name), content, 0o640);
  await chmod(beside, 0o2750);
  await syncFolder(beside);
  await rename(beside, join(tokens, token));
  await syncFolder(tokens);
}

async function removeTokens(folder: string, arms: Arm[]): Promise<void> {
  for (const { token } of arms) await rm(join(folder, 'www', 't', token), { recursive: true, force: true });
}

async function removeBootFiles(folder: string, arms: Arm[]): Promise<void> {
  for (const path of arms.flatMap(({ macs }) => armedPaths(macs)))
    await rm(join(folder, path), { force: true });
  for (const path of BOOT_FOLDERS) await syncFolder(join(folder, path));
}

async function saveArms(folder: string, arms: Arm[]): Promise<void> {
  const sorted = [...arms].sort((one, other) => (one.host < other.host ? -1 : 1));
  await writeAtomic(join(folder, ARMS), `${JSON.stringify(sorted, null, 2)}\n`);
}

function refuseSharedMacs(arms: Arm[]): void {
  const owners = new Map<string, string>();
  for (const { host, macs } of arms) {
    for (const mac of macs) {
      const other = owners.get(mac);
      if (other !== undefined)
        throw netbootProblem(
          'mac-armed-twice',
          `hosts.${host}`,
          `${mac} belongs to ${other} as well, which is armed`,
          `disarm ${other}, or generate both hosts anew`,
        );
      owners.set(mac, host);
    }
  }
}

function noImage(host: string, { platform }: Installer): Error {
  return netbootProblem(
    'image-missing',
    `hosts.${host}.platform`,
    `the tree has no installer of ${platform}`,
    'add one under boot.images, or by --image, and run `stackseed pxe`',
  );
}
