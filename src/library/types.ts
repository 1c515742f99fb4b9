/** The library: what stackseed knows about platforms, roles and components, as loaded from folders of data. */

/** A value by platform: the platform's own entry wins over `default`. */
export type ByPlatform<T> = { default?: T } & Record<string, T | undefined>;

/** One apt source line: `deb [options] uri suite components`. */
export interface AptSource {
  /** "mirror", "security" or a name of its own: which setting of the inventory replaces `uri`. */
  name: string;
  uri: string;
  suite: string;
  components: string[];
  /** Path of the keyring on the node, where the source is not covered by the distribution's own. */
  signedBy?: string;
  /** Packages to install from the other sources before this one is used (a keyring package). */
  keyringPackages?: string[];
}

export interface Platform {
  name: string;
  summary: string;
  distro: 'debian' | 'ubuntu';
  release: string;
  codename: string;
  openstack: string;
  installer: 'debian-installer' | 'autoinstall';
  /** Where its installer for network boot is to be had. */
  netboot?:
    | {
        /** Where the package puts it on the operator's machine. */
        folder?: string | undefined;
        package?: string | undefined;
        /** Archive and SHA256SUMS, relative to the URL of a mirror. */
        mirror?: { archive: string; sums: string } | undefined;
      }
    | undefined;
  cloudInit: {
    /** The version in the release's archive. */
    version: string;
    /** Version of network-config to write: 1 where the platform's cloud-init has no parser for 2. */
    networkVersion: 1 | 2;
    /** How a default route is written in version 2 so that the platform's renderer makes it. */
    defaultRoute: 'gateway4' | 'routes';
  };
  /** Whether its ssh-keygen verifies signatures, so that a running host can take a new seed. */
  liveSeeds: boolean;
  /** What writes /etc/resolv.conf: nobody (we do), or systemd-resolved. */
  resolver: 'file' | 'resolved';
  apt: AptSource[];
  /** What debian-installer is told in this release and not in the others; only where it is the installer. */
  preseed?: {
    /** Partition table of disks that a BIOS boots: "gpt", or by size where the installer cannot be told. */
    biosLabel: 'gpt' | 'size';
    /** Which suites besides the release itself the installer uses. */
    services: ('security' | 'updates')[];
    /** Packages that the seed needs on an installed system, always and for bonds and VLANs. */
    packages: string[];
    bondPackages: string[];
    vlanPackages: string[];
    /** What the boot loader of a machine with UEFI needs beside its own package. */
    uefiPackages: string[];
    /** Lines of the preseed, as they are. */
    answers: string[];
  };
  /** Variables for every script and template of the platform, such as unit names. Upper case. */
  variables: Record<string, string>;
}

export interface Role {
  name: string;
  summary: string;
  /** Only hosts of listed roles are ever named in the seeds of other hosts. */
  listed: boolean;
  /** How many hosts may have it: "one", "odd" (a majority is counted), "any". */
  count: 'one' | 'odd' | 'any';
  /** Roles of which some host must have each where a host has this one. */
  needs: string[];
  components: string[];
}

/** Who may use a port: hosts of a listed role (exact addresses), the whole network, every network of the fleet, or anybody. */
export interface PortRule {
  port: number | string;
  protocol: 'tcp' | 'udp';
  /** A network function ("manage", "public", "storage", "tunnel") or "all". */
  network: string;
  /** "network", "fleet", "any", or "role:NAME" where the role is listed. */
  from: string;
  comment?: string;
}

export interface SecretRule {
  label: string;
  /** "fleet": the same for all who declare it. "host": another one for each host. */
  scope: 'fleet' | 'host';
  /** How 32 derived bytes are written: hex, base64, base64url, or a password of 32 letters and digits. */
  format: 'hex' | 'base64' | 'base64url' | 'password';
  /** A role of talks_to: the component may know the secrets of all its hosts, not only this host's own. */
  of?: string;
  /**
   * Who checks it takes two values: the present one, and that from before the last rotation, which is the one that is
   * shown. So hosts with the new seed and hosts with the old one know each other.
   */
  overlaps?: boolean;
  /**
   * It is the password of an account that takes only one. With every rotation another of two accounts is used, so that
   * hosts with the old seed keep theirs.
   */
  alternates?: boolean;
  summary: string;
}

/** A certificate by the fleet's authority, another one for each host that has the component. */
export interface CertificateRule {
  label: string;
  summary: string;
}

export interface FileRule {
  /** Four octal digits, "0644" when left out. */
  mode: string;
  owner: string;
  group: string;
}

/** A file of a component's files/ tree, as it lies in the library. */
export interface ComponentFile {
  /** Absolute path on the node. */
  path: string;
  /** Where it was read from, for errors. */
  source: string;
  template: boolean;
  content: Buffer;
  rule: FileRule;
  /**
   * "staged": laid by the node engine when the component converges. "direct": laid by cloud-init in its final
   * place, before there are packages.
   */
  lay: 'staged' | 'direct';
}

/** A piece of text that templates of several components print, rendered like them. */
export interface Piece {
  source: string;
  content: Buffer;
}

export interface Component {
  name: string;
  summary: string;
  /** How its files are laid that say nothing of it themselves. One that is "direct" never converges. */
  lay: 'staged' | 'direct';
  /** Components that converge before this one, where the host has them. */
  after: string[];
  /** At a boot of a host that was healthy with this seed before, it does not wait for those. */
  resumes: boolean;
  packages: ByPlatform<string[]>;
  /** Answers to the questions of packages, each a line for debconf-set-selections: package, question, type, value. */
  debconf: ByPlatform<string[]>;
  variables: ByPlatform<Record<string, string>>;
  ports: PortRule[];
  secrets: SecretRule[];
  certificates: CertificateRule[];
  /** Listed roles whose hosts this component's files may name. */
  talksTo: string[];
  /** JSON Schema of each setting, `default` and `description` included. */
  settings: Record<string, Record<string, unknown>>;
  files: ComponentFile[];
  /** What lies in partials/, by name without .ejs: for its own templates and those of others on the same host. */
  partials: Map<string, Piece>;
  /** What lies in client/: files for a workstation that is to use the service, all of mode 0600. */
  client: ComponentFile[];
  /** Text of converge.sh and health.sh; absent for components of lay "direct". */
  converge?: string;
  health?: string;
  /** Text of bootcmd.sh, which cloud-init runs at every boot; only the node engine has one. */
  bootcmd?: string;
}

export interface Library {
  platforms: Map<string, Platform>;
  roles: Map<string, Role>;
  components: Map<string, Component>;
}

/** The files of preseed/: what an installer runs and reads, the same for every host but for the template. */
export interface InstallerFiles {
  preseed: ComponentFile;
  early: string;
  late: string;
}
