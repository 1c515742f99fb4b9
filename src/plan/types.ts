/** The plan: everything that is decided about each host, before a byte is rendered. */

/** Where a resolved value comes from; `path` leads to it in the inventory where somebody wrote it there. */
export interface Origin {
  kind:
    | 'default'
    | 'platform'
    | 'component'
    | 'fleet'
    | 'group'
    | 'host'
    | 'lock'
    | 'command line'
    | 'derived';
  /** Name of the group, platform or component. */
  name?: string;
  path?: (string | number)[];
}

export interface Explained {
  path: string;
  value: unknown;
  origin: Origin;
}

/** A network of the fleet as it is on one host. */
export interface HostNetwork {
  name: string;
  /** What the host uses it for. */
  functions: string[];
  /** Interface name on the node, at most 15 characters. */
  interface: string;
  /** Host's address without prefix; absent with DHCP or where the NIC carries none. */
  address?: string;
  /** "192.168.0.0/24"; absent when the network is all DHCP and says no more. */
  cidr?: string;
  prefix?: number;
  dhcp: boolean;
  gateway?: string;
  /** True for the one network whose gateway is this host's default route. */
  defaultRoute: boolean;
  mtu?: number;
  vlan?: number;
  /** True where the network leads out of the fleet (a router masquerades to it; nothing is opened on it). */
  external: boolean;
}

/** A device to be described in network-config, parents before children. */
export interface Device {
  name: string;
  kind: 'physical' | 'bond' | 'vlan';
  /** Lower case, colons. */
  mac?: string;
  members?: string[];
  bond?: { mode: string; options: Record<string, string> };
  /** Parent and id of a VLAN. */
  link?: string;
  vlan?: number;
  mtu?: number;
  /** The network it carries, if any. */
  network?: string;
}

export interface Peer {
  name: string;
  fqdn: string;
  /** By network name. */
  addresses: Record<string, string>;
}

/** A controller as the others know it. */
export interface Controller extends Peer {
  /** Its place among those that are present, from 1, in the order of the inventory. */
  rank: number;
  /** On the management network. */
  address: string;
  /** What switches it off when it hangs; the password is its secret `bmc`. */
  bmc?: { address: string; user?: string };
}

/** What the controllers know of each other. */
export interface ClusterPlan {
  /** Names the cluster and its data: the inventory's `cluster.id`, else the name of the fleet. */
  id: string;
  /** SHA-256, hex, of who belongs to it: id, present controllers with their addresses in order, `ever`. */
  list: string;
  /** Those that are present, in the order of the inventory. */
  controllers: Controller[];
  /** Every controller that a cluster of this id ever had, by name, each with the address it had last. */
  ever: { name: string; address: string }[];
  /** What the generation counts the changes of, but for secrets. */
  shared: {
    /** SHA-256, hex. */
    digest: string;
    /** The secrets that belong to it: those of the fleet, and those of hosts whose peers may know them. */
    secrets: (Pick<SecretUse, 'label' | 'format' | 'overlaps' | 'alternates'> & { hosts?: string[] })[];
  };
}

/** The cluster with its generation, which counts changes of what its controllers share. */
export interface Cluster extends Omit<ClusterPlan, 'shared'> {
  generation: number;
}

export interface Opening {
  component: string;
  protocol: 'tcp' | 'udp';
  port: string;
  /** Interface it is opened on; absent: on every interface. */
  interface?: string;
  /** CIDRs or addresses; empty: from anybody. */
  sources: string[];
}

export interface User {
  name: string;
  sshKeys: string[];
  passwordHash?: string;
  sudo: boolean;
  shell: string;
}

export interface SecretUse {
  component: string;
  label: string;
  scope: 'fleet' | 'host';
  format: 'hex' | 'base64' | 'base64url' | 'password';
  /** Role in `peers` whose hosts' secrets of this label the component may know, besides this host's own. */
  of?: string;
  /** Besides the value that is shown there is another one that is taken. */
  overlaps?: boolean;
  /** The account that it is the password of is another one after each rotation. */
  alternates?: boolean;
}

export interface FleetView {
  name: string;
  domain: string;
  /** Every network that has a CIDR, by name. */
  networks: {
    name: string;
    cidr?: string;
    gateway?: string;
    vlan?: number;
    functions: string[];
    external: boolean;
  }[];
  /** Virtual addresses: name, fqdn and address by network. */
  vips: Peer[];
  /** The operator's own DNS records: full name and address. */
  records: { name: string; address: string }[];
}

/** What the installer does with a host. Sizes are in decimal megabytes. */
export interface InstallPlan {
  recipe: 'atomic' | 'lvm' | 'raid1';
  /** In the order in which they are made; the one that grows is the last. */
  volumes: {
    /** A folder, or "swap". */
    mount: string;
    megabytes: number;
    grow: boolean;
    filesystem: 'ext4' | 'xfs' | 'swap';
  }[];
  /** The disks to be used, each entry by its path or by a rule. */
  disks: {
    path?: string;
    rule?: 'smallest' | 'largest' | 'only';
    count: number;
    minMegabytes?: number;
    maxMegabytes?: number;
  }[];
  /** Paths of disks that a rule must not choose. */
  spared: string[];
  firmware: 'any' | 'bios' | 'uefi';
  locale: string;
  keyboard: string;
  /** "ttyS0,115200n8" */
  serial?: string;
  kernelParameters: string[];
  packages: 'first-boot' | 'installer';
  extraPackages: string[];
  rootPasswordHash?: string;
  /** The NIC that the installer uses, by mac or interface; without address it asks DHCP. Absent: none fits. */
  nic?: {
    network: string;
    mac?: string;
    interface?: string;
    address?: string;
    prefix?: number;
    gateway?: string;
  };
}

export interface HostPlan {
  name: string;
  fqdn: string;
  state: 'present' | 'absent';
  platform: string;
  roles: string[];
  /** In the order of their `after`, ties by name. */
  components: string[];
  /** For each component, those of `components` that it waits for. */
  after: Record<string, string[]>;
  networks: HostNetwork[];
  devices: Device[];
  dns: { servers: string[]; search: string[] };
  ntp: { servers: string[] };
  apt: {
    proxy?: string;
    sources: { name: string; line: string; keyringPackages: string[] }[];
  };
  timezone: string;
  users: User[];
  settings: Record<string, Record<string, unknown>>;
  variables: Record<string, Record<string, string>>;
  /** Hosts of listed roles, by role, that components of this host talk to; inventory order. */
  peers: Record<string, Peer[]>;
  openings: Opening[];
  packages: string[];
  secrets: SecretUse[];
  certificates: { component: string; label: string }[];
  phoneHome?: { url: string };
  /** Absent where nothing is said of installing. */
  install?: InstallPlan;
  /** Filled only for hosts that an explanation was asked for. */
  explain: Explained[];
}

export interface Plan {
  fleet: FleetView;
  hosts: HostPlan[];
  /** Absent where no host is a controller. */
  cluster?: ClusterPlan;
}
