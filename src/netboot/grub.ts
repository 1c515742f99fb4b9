import type { InstallerBoot } from './types.ts';

/**
 * GRUB, as Debian and Ubuntu sign it: it asks for grub.cfg in the folder built into it and for no file of the
 * machine's own, so that one sources hosts/MAC.cfg. $root is where GRUB itself came from: the TFTP server, or the HTTP
 * server with HTTP boot, and both have the same files.
 */

/** Where the signed GRUBs look: those of debian-installer, and the packages grub-efi-*-signed. */
export const GRUB_CONFIGS = ['debian-installer/amd64/grub/grub.cfg', 'grub/grub.cfg'];

/** Loaders of the systems that stackseed installs, then what the firmware itself would take. */
const LOADERS = ['/EFI/debian/shimx64.efi', '/EFI/ubuntu/shimx64.efi', '/EFI/BOOT/BOOTX64.EFI'];

/**
 * The disk is looked for here, because a firmware may stop at its menu when a network boot ends well; `exit` is left
 * for machines whose disk has none of the loaders. What is started is told that it comes from $root, so that has to be the
 * disk: shim would else fetch its GRUB from the network, which would start it again.
 */
export function grubMaster(): string {
  return [
    '# Whoever is armed has a file of its own; all others boot their disk.',
    'set timeout=0',
    'if [ -s "/hosts/$net_default_mac.cfg" ]; then',
    '  source "/hosts/$net_default_mac.cfg"',
    'fi',
    ...LOADERS.flatMap((file) => [
      `if search --no-floppy --set=root --file ${file}; then`,
      `  chainloader ${file}`,
      '  boot',
      'fi',
    ]),
    'exit',
    '',
  ].join('\n');
}

/** Tries without end: the server may come later than the machine. */
export function grubInstall({ host, linux, initrd, cmdline }: InstallerBoot): string {
  const kernel = [linux, ...cmdline].map(grubQuoted).join(' ');
  return [
    `# ${grubQuoted(host)} installs itself.`,
    'while true; do',
    `  if linux ${kernel}; then`,
    `    if initrd ${grubQuoted(initrd)}; then`,
    '      boot',
    '    fi',
    '  fi',
    `  echo ${grubQuoted(`stackseed: the installer of ${host} is not to be had; trying again`)}`,
    '  sleep 10',
    'done',
    '',
  ].join('\n');
}

/** The same from a medium that has the file `mark`. */
export function grubMedium(boot: InstallerBoot, mark: string): string {
  return `set timeout=0\nsearch --no-floppy --set=root --file ${grubQuoted(mark)}\n${grubInstall(boot)}`;
}

export function grubFile(mac: string): string {
  return `hosts/${mac}.cfg`;
}

/** In single quotes nothing is read but the quote itself, which is put between two strings. Line breaks are refused. */
export function grubQuoted(text: string): string {
  if (!/^[ -~]*$/.test(text)) throw new Error(`not a word for GRUB: ${JSON.stringify(text)}`);
  return `'${text.replaceAll("'", "'\\''")}'`;
}
