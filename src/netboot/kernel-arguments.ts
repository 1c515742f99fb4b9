import type { Installer } from '../install/types.ts';
import { netbootProblem } from './problem.ts';

/**
 * Printable ASCII less blanks, quotes and backslashes: GRUB hands those on to the kernel in other forms than the
 * other loaders do (grub-core/loader/cmdline.c).
 */
const ARGUMENT = /^[!#-&(-[\]-~]+$/;
/** What iPXE reads, with no way to quote it: settings, comments and the words between commands. */
const IPXE = /\$\{|^#|^(;|&&|\|\|)$/;
/** Room for a command line on x86, with the 0 at its end (COMMAND_LINE_SIZE). */
const LIMIT = 2047;

/** The URL of the folder that a token names. */
export function tokenUrl(http: string, token: string): string {
  return `${http}/t/${token}/`;
}

/**
 * Kernel arguments of an installer that finds its files on the boot server: those that name the server first, since
 * debian-installer leaves what follows `---` to the installed system. `checksum` is the MD5 of preseed.cfg, hex, the
 * only one that preseed/url/checksum knows (preseed_fetch). BOOTIF tells netcfg and casper which NIC it came from.
 */
export function networkArguments(
  installer: Installer,
  boot: { mac: string; files: string; http: string; checksum?: string },
): string[] {
  const { files, http, checksum } = boot;
  const own =
    installer.kind === 'debian-installer'
      ? [
          `preseed/url=${files}preseed.cfg`,
          ...(checksum === undefined ? [] : [`preseed/url/checksum=${checksum}`]),
        ]
      : [
          `url=${http}/images/${installer.platform}/live.iso`,
          'cloud-config-url=/dev/null',
          `ds=nocloud;s=${files}`,
        ];
  const nic = `BOOTIF=01-${boot.mac.replaceAll(':', '-')}`;
  // What the host's own arguments say already is left to them: the NIC that it has an address on may be another one.
  const said = new Set(installer.cmdline.map((one) => one.replace(/=.*$/, '')));
  return [...[...own, nic].filter((one) => !said.has(one.replace(/=.*$/, ''))), ...installer.cmdline];
}

/** Kernel arguments of a debian-installer that finds its files in its initrd: preseed.cfg there it reads by itself. */
export function mediumArguments(installer: Installer): string[] {
  return installer.cmdline;
}

/**
 * Refuses what some loader would read as more than an argument, or the kernel would cut off.
 * @throws FindingsError "kernel-argument" or "kernel-arguments-long"
 */
export function checkArguments(host: string, args: string[]): void {
  const path = `hosts.${host}.install`;
  const bad = args.find((one) => !ARGUMENT.test(one) || IPXE.test(one));
  if (bad !== undefined)
    throw netbootProblem(
      'kernel-argument',
      path,
      `no kernel argument that every boot loader takes: ${JSON.stringify(bad)}`,
      'printable ASCII without blanks, quotes, backslashes and ${, and not # at the beginning',
    );
  const length = args.join(' ').length;
  if (length > LIMIT)
    throw netbootProblem(
      'kernel-arguments-long',
      path,
      `the kernel's command line has ${length} characters, and takes ${LIMIT}`,
      'leave some kernel_parameters out',
    );
}
