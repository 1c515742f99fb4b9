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

/** tree.json, the tree's own notes: what `pxe` built it for, so that arming needs no inventory. */
export interface TreeFile {
  urls: BootUrls;
  /** By platform: SHA-256, hex, of each file of its image. */
  images: Record<string, Record<string, string>>;
}

/** A text that belongs into the tree, by its path in there, such as "tftp/pxelinux.cfg/default". */
export type TreeTexts = Map<string, string>;

/** What one boot of an installer takes. */
export interface InstallerBoot {
  host: string;
  /** Kernel and initrd, as paths from the root of the server. */
  linux: string;
  initrd: string;
  /** Kernel arguments, unquoted. */
  cmdline: string[];
}
