/** What the installer of a host is told: the shapes that generate writes and that the boot tree is made from. */

/** out/hosts/HOST/installer.json: all that who boots the installer has to know about the host. */
export interface Installer {
  host: string;
  /** "debian-12": which kernel and initrd. */
  platform: string;
  kind: 'debian-installer' | 'autoinstall';
  /** MAC addresses of its NICs, lower case with colons, each once; the NIC that the installer uses first. */
  macs: string[];
  firmware: 'any' | 'bios' | 'uefi';
  /**
   * Arguments of the installer's kernel, in order, without those that name a URL. None holds anything that GRUB,
   * PXELINUX, iPXE or a shell would read: letters, digits and `_ . , : / = @ + % -` only, so they are joined by blanks.
   */
  cmdline: string[];
  /** "ttyS0,115200n8"; absent without a serial console. */
  serial?: string;
  /**
   * What has to lie in one folder, which the installer is given the URL or path of: name there → name in the host's
   * folder. With debian-installer the URL is that of `preseed.cfg`, the rest is fetched from beside it, also from
   * the root of the initrd. With autoinstall it is a NoCloud folder: `ds=nocloud;s=URL/`.
   */
  files: Record<string, string>;
}
