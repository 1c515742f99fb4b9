/** What `generate` says of a host that can be installed: the file installer.json beside its seed. */
export interface InstallerFile {
  host: string;
  platform: string;
  /** Which installer reads what lies beside it: preseed.cfg or autoinstall.yaml. */
  kind: 'debian-installer' | 'autoinstall';
  /** Lower case, colons; the NIC that the machine boots from comes first. */
  macs: string[];
  firmware: 'bios' | 'uefi' | 'any';
  /** Kernel arguments, without those that name the boot server. */
  cmdline: string[];
  /** Serial console as the kernel has it ("ttyS0,115200n8"), if there is one. */
  serial?: string;
}

/** A host that installs itself the next time it boots from the network. */
export interface Arm {
  host: string;
  /** Lower case, colons. */
  macs: string[];
  /** 128 random bits, 32 hex digits: names the folder www/t/TOKEN that only this host is told of. */
  token: string;
  /** When it was armed: ISO 8601, UTC. */
  since: string;
}

/** Where armed machines find the boot server. */
export interface BootUrls {
  /** HTTP root of the tree (what www/ is served as), without a slash at its end: "http://192.168.1.2". */
  http: string;
}

/** The tree's own notes (tree.json): what `pxe` built it for, so that arming needs no inventory. */
export interface TreeFile {
  urls: BootUrls;
  /** Images by platform: SHA-256, hex, of each file. */
  images: Record<string, Record<string, string>>;
}
