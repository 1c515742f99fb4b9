import { join } from 'node:path';
import { cached } from './cache.ts';
import { bootstrap, bootstrapOptions, type Suite } from './debian.ts';
import { type Ran, run } from './run.ts';

/** What the programs that read a node's files are in, by the same names in both releases. */
const common = [
  'chrony',
  'cloud-init',
  'corosync',
  'dnsmasq',
  'galera-4',
  'haproxy',
  'ifupdown',
  'iproute2',
  'isc-dhcp-client',
  'mariadb-server',
  'memcached',
  'netplan.io',
  'nfs-kernel-server',
  'nftables',
  'openssh-server',
  'openssl',
  'pacemaker',
  'pacemaker-cli-utils',
  'procps',
  'rabbitmq-server',
  'redis-sentinel',
  'redis-server',
  'resource-agents',
  'sudo',
  'systemd-sysv',
];

/** What each release's own programs say of our files: the packages that hold these programs. */
const judges: Record<Suite, string[]> = {
  bookworm: [...common, 'bind9-dnsutils'],
  trixie: [...common, 'python3-netplan'],
};

/** A folder with a root filesystem of the release, its judges installed. Built once, read by all tests. */
export async function judgeRoot(suite: Suite): Promise<string> {
  const packages = judges[suite];
  const folder = await cached(`judges-${suite}`, [suite, packages, bootstrapOptions], (building) =>
    bootstrap(join(building, 'root'), suite, packages, [], join(building, 'build.log')),
  );
  return join(folder, 'root');
}

/**
 * Runs a bash script inside a root filesystem, without network (only an idle loopback) and in
 * namespaces that end with it. What it writes is gone afterwards, so the root stays as it was built.
 * `over` is a folder of files laid over the root first, at their paths. Needs root.
 */
export async function inRoot(root: string, script: string, over?: string): Promise<Ran> {
  const lower = over === undefined ? root : `${over}:${root}`;
  const namespaces = ['--mount', '--pid', '--net', '--uts', '--fork', '--kill-child'];
  return run(['unshare', ...namespaces, 'bash', '-c', enter, 'enter', lower], { input: script });
}

const enter = `
set -eu
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
cd /mnt/root
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
ip link set lo up
exec chroot . /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
  LC_ALL=C.UTF-8 HOME=/root bash
`;
