import type { InstallerBoot } from './types.ts';

/**
 * PXELINUX (https://wiki.syslinux.org/wiki/index.php?title=Config): a line is a directive and its value up to the end
 * of the line. Nothing in it can be quoted, so what would break a line is refused.
 */

/** The default of every machine: back to the firmware, which goes on with the disk. */
export function pxelinuxLocal(): string {
  return [
    '# Whoever is not armed boots its disk.',
    'DEFAULT local',
    'PROMPT 0',
    'NOESCAPE 1',
    'LABEL local',
    '  LOCALBOOT 0',
    '',
  ].join('\n');
}

/** Paths are relative to where pxelinux.0 lies: a slash in front would be the root of the server, whatever that is. */
export function pxelinuxInstall(boot: InstallerBoot): string {
  const { linux, initrd } = boot;
  return syslinuxInstall({ ...boot, linux: linux.replace(/^\//, ''), initrd: initrd.replace(/^\//, '') });
}

/** The same for its relatives, such as ISOLINUX; paths as they are. */
export function syslinuxInstall({ host, linux, initrd, cmdline }: InstallerBoot): string {
  return [
    `# ${pxelinuxValue(host)} installs itself.`,
    'DEFAULT install',
    'PROMPT 0',
    'NOESCAPE 1',
    'LABEL install',
    `  LINUX ${pxelinuxValue(linux)}`,
    `  INITRD ${pxelinuxValue(initrd)}`,
    `  APPEND ${cmdline.map(pxelinuxValue).join(' ')}`,
    '',
  ].join('\n');
}

/** File that PXELINUX asks for first after the UUID's: hardware type 1 (Ethernet), then the address. */
export function pxelinuxFile(mac: string): string {
  return `pxelinux.cfg/01-${mac.replaceAll(':', '-')}`;
}

/** One word of a line. @throws Error where it would be more than that: the schema lets none through */
export function pxelinuxValue(text: string): string {
  if (!/^[!-~]+$/.test(text)) throw new Error(`not a word for PXELINUX: ${JSON.stringify(text)}`);
  return text;
}
