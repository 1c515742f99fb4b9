import type { InstallerBoot } from './types.ts';

/**
 * iPXE (https://ipxe.org/cfg): a line is words between blanks, with no quotes; `${…}` is replaced, a word that begins
 * with # ends the line, and the words ; && || part commands. Paths are on the server that the script came from.
 */
export function ipxeMaster(): string {
  return [
    '#!ipxe',
    '# Whoever is armed has a script of its own; all others boot their disk.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE reads it.
    'chain --autofree hosts/${mac:hexhyp}.ipxe || goto local',
    ':local',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE reads it.
    'iseq ${platform} efi && exit 1 ||',
    'sanboot --no-describe --drive 0x80 || exit 1',
    '',
  ].join('\n');
}

/** Tries without end: the server may come later than the machine. */
export function ipxeInstall({ host, linux, initrd, cmdline }: InstallerBoot): string {
  const name = initrd.slice(initrd.lastIndexOf('/') + 1);
  return [
    '#!ipxe',
    `# ${ipxeValue(host)} installs itself.`,
    ':again',
    'imgfree',
    // With UEFI the kernel takes the initrd by this name.
    `kernel ${[linux, `initrd=${name}`, ...cmdline].map(ipxeValue).join(' ')} || goto wait`,
    `initrd ${ipxeValue(initrd)} || goto wait`,
    'boot || goto wait',
    ':wait',
    `echo stackseed: the installer of ${ipxeValue(host)} is not to be had, trying again`,
    'sleep 10',
    'goto again',
    '',
  ].join('\n');
}

export function ipxeFile(mac: string): string {
  return `ipxe/hosts/${mac.replaceAll(':', '-')}.ipxe`;
}

/** One word of a line. @throws Error where iPXE would read more into it: the schema lets none through */
export function ipxeValue(text: string): string {
  if (!/^[!-~]+$/.test(text) || /\$\{|^#|^(;|&&|\|\|)$/.test(text))
    throw new Error(`not a word for iPXE: ${JSON.stringify(text)}`);
  return text;
}
