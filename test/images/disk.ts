import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { bootstrap, bootstrapOptions } from './debian.ts';
import { must } from './run.ts';

/** A Debian 12 that boots in QEMU: file system, kernel and initrd, none of them ever written to again. */
export interface DiskImage {
  disk: string;
  kernel: string;
  initrd: string;
}

/** What a cloud image of Debian 12 has, and no more. */
const base = [
  'ca-certificates',
  'cloud-init',
  'dbus',
  'ifupdown',
  'iproute2',
  'iputils-ping',
  'isc-dhcp-client',
  'kmod',
  'linux-image-cloud-amd64',
  'netbase',
  'openssh-server',
  'procps',
  'sudo',
  'systemd-sysv',
  'udev',
];

/** Ask questions in the tests; nothing on a node may depend on them. */
const probes = ['bind9-dnsutils', 'netcat-openbsd'];

const here = join(dirname(fileURLToPath(import.meta.url)), 'disk-files');

/**
 * A disk image with these packages installed beside those of a cloud image, but neither configured nor
 * started: the services that a host's components will start are disabled, as on a machine that does not
 * have the packages yet. An empty list gives the plain cloud image. Needs root.
 */
export async function diskImage(packages: string[]): Promise<DiskImage> {
  const baked = [...new Set(packages)].sort();
  const files = await Promise.all(
    ['agent.sh', 'agent.service'].map((name) => readFile(join(here, name), 'utf8')),
  );
  const name = baked.length === 0 ? 'disk-plain' : 'disk-baked';
  const inputs = [base, probes, baked, bootstrapOptions, hooks, files];
  const folder = await cached(name, inputs, async (building) => {
    const root = join(building, 'root');
    const all = [...new Set([...base, ...probes, ...baked])];
    await bootstrap(root, 'bookworm', all, [...install, ...hooks], join(building, 'build.log'));
    await must(['cp', '--dereference', join(root, 'vmlinuz'), join(building, 'kernel')]);
    await must(['cp', '--dereference', join(root, 'initrd.img'), join(building, 'initrd')]);
    const disk = join(building, 'disk.ext4');
    await must(['truncate', '--size=3G', disk]);
    // A journal, as on every real disk: power cuts are what these images are for.
    await must(['mke2fs', '-q', '-t', 'ext4', '-L', 'root', '-O', 'has_journal', '-d', root, disk]);
    await must(['rm', '-rf', root]);
  });
  return {
    disk: join(folder, 'disk.ext4'),
    kernel: join(folder, 'kernel'),
    initrd: join(folder, 'initrd'),
  };
}

/** Apart from the hooks, since where this checkout lies does not decide what comes out. */
const install = [
  `install -D -m 0755 ${here}/agent.sh "$1/usr/local/libexec/agent.sh"`,
  `install -D -m 0644 ${here}/agent.service "$1/etc/systemd/system/agent.service"`,
];

/** Shell run on the finished tree, which is "$1". */
const hooks = [
  'echo "LABEL=root / ext4 errors=remount-ro 0 1" > "$1/etc/fstab"',
  'rm -f "$1"/etc/ssh/ssh_host_* && : > "$1/etc/machine-id"',
  'printf "datasource_list: [NoCloud, None]\\n" > "$1/etc/cloud/cloud.cfg.d/90-datasource.cfg"',
  // What is only enabled by having been installed here.
  'for unit in chrony dnsmasq memcached nfs-server nftables rpcbind.service rpcbind.socket; do' +
    ' chroot "$1" systemctl disable "$unit" 2>/dev/null || true; done',
  'chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service',
  'chroot "$1" systemctl enable agent.service',
];
