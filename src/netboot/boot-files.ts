import type { Installer } from '../install/types.ts';
import { GRUB_CONFIGS, grubFile, grubInstall, grubMaster } from './grub.ts';
import { ipxeFile, ipxeInstall, ipxeMaster } from './ipxe.ts';
import { checkArguments, networkArguments, tokenUrl } from './kernel-arguments.ts';
import { pxelinuxFile, pxelinuxInstall, pxelinuxLocal } from './pxelinux.ts';
import type { Arm, BootUrls, InstallerBoot, TreeTexts } from './types.ts';

/** GRUB reads from the server that it came from, whichever that is. */
const ROOTS = ['tftp', 'www'];

export const PXELINUX_DEFAULT = 'tftp/pxelinux.cfg/default';
/** Where the boot files of armed hosts lie. */
export const BOOT_FOLDERS = ['tftp/pxelinux.cfg', 'tftp/hosts', 'www/hosts', 'www/ipxe/hosts'];

/** The texts that every tree has: local boot, but for whoever is armed. */
export function commonTexts(): TreeTexts {
  return new Map([
    [PXELINUX_DEFAULT, pxelinuxLocal()],
    ...ROOTS.flatMap((root) =>
      GRUB_CONFIGS.map((path): [string, string] => [`${root}/${path}`, grubMaster()]),
    ),
    ['www/ipxe/boot.ipxe', ipxeMaster()],
  ]);
}

/** The boot files of an armed host, for each of its NICs and each way to boot. `checksum`: MD5 of its preseed.cfg. */
export function armedTexts(arm: Arm, installer: Installer, urls: BootUrls, checksum?: string): TreeTexts {
  const texts: TreeTexts = new Map();
  for (const mac of arm.macs) {
    const cmdline = networkArguments(installer, {
      mac,
      files: tokenUrl(urls.http, arm.token),
      http: urls.http,
      ...(checksum !== undefined && { checksum }),
    });
    checkArguments(arm.host, cmdline);
    const image = `/images/${installer.platform}`;
    const boot: InstallerBoot = {
      host: arm.host,
      linux: `${image}/linux`,
      initrd: `${image}/initrd.gz`,
      cmdline,
    };
    texts.set(`tftp/${pxelinuxFile(mac)}`, pxelinuxInstall(boot));
    for (const root of ROOTS) texts.set(`${root}/${grubFile(mac)}`, grubInstall(boot));
    texts.set(`www/${ipxeFile(mac)}`, ipxeInstall(boot));
  }
  return texts;
}

/** Every boot file that an armed host may have. */
export function armedPaths(macs: string[]): string[] {
  return macs.flatMap((mac) => [
    `tftp/${pxelinuxFile(mac)}`,
    ...ROOTS.map((root) => `${root}/${grubFile(mac)}`),
    `www/${ipxeFile(mac)}`,
  ]);
}
