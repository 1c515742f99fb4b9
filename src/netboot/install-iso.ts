import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Installer } from '../install/types.ts';
import { buildBootableIso } from '../iso9660-builder/index.ts';
import { run } from '../iso9660-builder/run.ts';
import { appended, cpio } from './cpio.ts';
import { makeFolder } from './folders.ts';
import { GRUB_CONFIGS, grubMedium } from './grub.ts';
import { sha256Of } from './image-files.ts';
import { hostFiles, readInstaller } from './installer-file.ts';
import { checkArguments, mediumArguments } from './kernel-arguments.ts';
import { netbootProblem } from './problem.ts';
import { syslinuxInstall } from './pxelinux.ts';
import { readTreeFile } from './tree-file.ts';

/** What Debian's packages isolinux and syslinux-common lay; they must be of one version. */
const ISOLINUX = '/usr/lib/ISOLINUX/isolinux.bin';
const MBR = '/usr/lib/ISOLINUX/isohdpfx.bin';
const LDLINUX = '/usr/lib/syslinux/modules/bios/ldlinux.c32';
/** Bytes of the FAT image: shim and GRUB take five million. */
const FAT = 8 * 1024 * 1024;
const EPOCH = '946684800';

export interface InstallIsoOptions {
  /** The network-boot tree, whose installers and loaders are used. */
  tree: string;
  /** What `stackseed generate` wrote. */
  fleetOut: string;
  signal?: AbortSignal;
}

/**
 * Writes an image to `target` that installs the host when BIOS or UEFI boots it, from a CD, USB or a BMC's virtual
 * medium: kernel, and an initrd that has the preseed and the seed in it, so that no server is asked for them. It holds
 * the host's secrets: mode 0600. The same tree and seed give the same bytes.
 * @throws FindingsError when the host is not to be installed by debian-installer, the tree lacks its platform, or a
 *   program that is needed is missing
 */
export async function buildInstallIso(
  host: string,
  target: string,
  options: InstallIsoOptions,
): Promise<void> {
  const { tree, fleetOut, signal } = options;
  const installer = await readInstaller(fleetOut, host);
  if (installer.kind !== 'debian-installer') throw notDebian(installer);
  const { images } = await readTreeFile(tree);
  const sums = Object.hasOwn(images, installer.platform) ? images[installer.platform] : undefined;
  if (!sums) throw noImage(installer);
  const cmdline = mediumArguments(installer);
  checkArguments(host, cmdline);
  for (const file of [ISOLINUX, MBR, LDLINUX]) await stat(file).catch(() => Promise.reject(noLoader(file)));
  const image = join(tree, 'www/images', installer.platform);
  for (const [role, sum] of Object.entries(sums))
    if ((await sha256Of(join(image, role))) !== sum) throw damaged(join(image, role));
  await makeFolder(dirname(target), 0o700);
  const work = join(dirname(target), `.${basename(target)}.content`);
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { mode: 0o700 });
    const content = join(work, 'content');
    for (const folder of ['', 'boot', 'isolinux', 'stackseed']) await mkdir(join(content, folder));
    const initrd = appended(
      await readFile(join(image, 'initrd.gz')),
      cpio(await hostFiles(fleetOut, installer)),
    );
    await writeFile(join(content, 'boot/initrd.gz'), initrd);
    await copyFile(join(image, 'linux'), join(content, 'boot/linux'));
    await copyFile(ISOLINUX, join(content, 'isolinux/isolinux.bin'));
    await copyFile(LDLINUX, join(content, 'isolinux/ldlinux.c32'));
    const boot = { host, linux: '/boot/linux', initrd: '/boot/initrd.gz', cmdline };
    await writeFile(join(content, 'isolinux/isolinux.cfg'), syslinuxInstall(boot));
    // GRUB knows its own medium by it among all that the machine has.
    const mark = `stackseed/${createHash('sha256').update(initrd).update(cmdline.join(' ')).digest('hex')}`;
    await writeFile(join(content, mark), `${host}\n`);
    const grub = grubMedium(boot, `/${mark}`);
    // Firmware may give GRUB the whole medium, or only the FAT image, for the device that it came from.
    for (const path of GRUB_CONFIGS) {
      await mkdir(dirname(join(content, path)), { recursive: true });
      await writeFile(join(content, path), grub);
    }
    await writeFat(join(content, 'boot/efi.img'), tree, grub, work, signal);
    await buildBootableIso(
      { volumeId: 'STACKSEED', content, bios: 'isolinux/isolinux.bin', uefi: 'boot/efi.img', mbr: MBR },
      target,
      signal ? { signal } : {},
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A FAT file system with shim and GRUB as removable media have them (UEFI specification, 3.5.1.1). */
async function writeFat(
  file: string,
  tree: string,
  grub: string,
  work: string,
  signal?: AbortSignal,
): Promise<void> {
  await writeFile(file, Buffer.alloc(FAT));
  const config = join(work, 'grub.cfg');
  await writeFile(config, grub);
  const tool = async (program: string, ...args: string[]) => {
    const ended = await run(program, ['-i', file, ...args], {
      cwd: work,
      env: { PATH: process.env['PATH'], HOME: work, LC_ALL: 'C', TZ: 'UTC', SOURCE_DATE_EPOCH: EPOCH },
      timeout: 60_000,
      ...(signal && { signal }),
    });
    if (ended.kind === 'not found') throw noMtools();
    if (ended.kind !== 'exited' || ended.status !== 0)
      throw netbootProblem('install-iso-fat', 'iso', `${program} failed: ${ended.stderr.trim()}`);
  };
  await tool('mformat', '-N', '73746163', '-v', 'STACKSEED', '::');
  const folders = new Set(['EFI', 'EFI/BOOT']);
  for (const path of GRUB_CONFIGS)
    for (const [at, letter] of [...path].entries()) if (letter === '/') folders.add(path.slice(0, at));
  await tool('mmd', ...[...folders].map((folder) => `::${folder}`));
  for (const [from, to] of [
    ['bootx64.efi', 'BOOTX64.EFI'],
    ['grubx64.efi', 'grubx64.efi'],
  ])
    await tool('mcopy', join(tree, 'tftp', from ?? ''), `::EFI/BOOT/${to}`);
  for (const path of GRUB_CONFIGS) await tool('mcopy', config, `::${path}`);
}

function notDebian({ host, platform }: Installer): Error {
  return netbootProblem(
    'install-iso-kind',
    `hosts.${host}.platform`,
    `the installer of ${platform} does not fit into an initrd`,
    'boot its own medium with the seed ISO as a second one, or install it over the network (stackseed pxe)',
  );
}

function noImage({ host, platform }: Installer): Error {
  const hint = 'run `stackseed pxe` with that platform under boot.images';
  return netbootProblem(
    'image-missing',
    `hosts.${host}.platform`,
    `the tree has no installer of ${platform}`,
    hint,
  );
}

function noLoader(file: string): Error {
  const hint = 'install the packages isolinux and syslinux-common (apt-get install isolinux syslinux-common)';
  return netbootProblem(
    'install-iso-loader',
    'iso',
    `there is no ${file}, which BIOS boots the image by`,
    hint,
  );
}

function noMtools(): Error {
  const hint = 'install the package mtools (apt-get install mtools)';
  return netbootProblem(
    'install-iso-mtools',
    'iso',
    'mtools is not installed, which makes the part for UEFI',
    hint,
  );
}

function damaged(file: string): Error {
  const hint = 'build the tree anew: `stackseed pxe`';
  return netbootProblem('image-checksum', 'pxe', `${file} is not what the tree was built with`, hint);
}
