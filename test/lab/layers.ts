import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheFolder } from '../images/cache.ts';
import { aptLines, bootstrapOptions, type Suite } from '../images/debian.ts';
import { must } from '../images/run.ts';
import { script } from './scripts.ts';

/** What a Debian cloud image has, without a kernel. */
const image = [
  'apt-utils',
  'ca-certificates',
  'cloud-init',
  'cron',
  'dbus',
  'debconf-utils',
  'gnupg',
  'ifupdown',
  'iproute2',
  'iputils-ping',
  'isc-dhcp-client',
  'kmod',
  'netbase',
  'nftables',
  'openssh-server',
  'procps',
  'python3',
  'sudo',
  'systemd-sysv',
  'udev',
];

/** What the lab asks beside it; nothing on a node may depend on these. fuseiso stands in for the kernel's isofs. */
const probes = ['curl', 'fuseiso', 'iputils-arping', 'jq', 'less', 'netcat-openbsd', 'socat', 'tcpdump'];

/** Ends with this process, and its mounts with it. */
const alone = [
  ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--uts'],
  ...['--pid', '--mount-proc', '--fork', '--kill-child'],
];

/** Shell run on the finished tree, which is "$1". */
const hooks = [
  'printf "datasource_list: [NoCloud, None]\\n" > "$1/etc/cloud/cloud.cfg.d/90-lab.cfg"',
  // The disk is a folder: there is nothing to grow.
  'printf "growpart: {mode: off}\\nresize_rootfs: false\\n" >> "$1/etc/cloud/cloud.cfg.d/90-lab.cfg"',
  'rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" && : > "$1/etc/machine-id"',
  'chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service e2scrub_all.timer',
  'mkdir -p "$1/var/log/journal"',
];

/**
 * Folders for an overlay's lowerdir, topmost first: a Debian as its cloud image is, and over it the
 * packages of a host, installed but neither configured nor enabled, if there are any. Built when missing,
 * which takes minutes; never written to again, and never changed while a host has its disk on them.
 */
export async function layers(packages: string[], suite: Suite): Promise<string[]> {
  await mkdir(join(cacheFolder(), 'lab-layers'), { recursive: true });
  const base = await baseLayer(suite);
  const baked = [...new Set(packages)].sort();
  return baked.length === 0 ? [base] : [await packageLayer(base, baked, suite), base];
}

async function baseLayer(suite: Suite): Promise<string> {
  const reader = script('mount.iso9660');
  const all = [...image, ...probes];
  const inputs = [suite, all, bootstrapOptions, hooks, await readFile(reader, 'utf8')];
  // Apart from the hooks, since where this checkout lies does not decide what comes out.
  const install = `install -m 0755 ${reader} "$1/usr/sbin/mount.iso9660"`;
  const folder = await cached('lab-layers/base', inputs, async (building) => {
    const options = [...bootstrapOptions, ...[install, ...hooks].map((hook) => `--customize-hook=${hook}`)];
    const command = ['mmdebstrap', ...options, `--include=${all.join(',')}`];
    await must([...alone, ...command, suite, join(building, 'root'), '-'], {
      input: `${(await aptLines(suite)).join('\n')}\n`,
      log: join(building, 'build.log'),
    });
  });
  return join(folder, 'root');
}

async function packageLayer(base: string, packages: string[], suite: Suite): Promise<string> {
  const bake = script('bake.sh');
  const texts = ['bake.sh', 'mount.nfs', 'nfs-server.service'].map((name) => readFile(script(name), 'utf8'));
  const inputs = [base.split('/').at(-2), packages, ...(await Promise.all(texts))];
  const folder = await cached('lab-layers/packages', inputs, async (building) => {
    const upper = join(building, 'root');
    await Promise.all([mkdir(upper), mkdir(join(building, 'work')), mkdir(join(building, 'mnt'))]);
    await must([...alone, bake, building, base, ...packages], {
      input: `${(await aptLines(suite)).join('\n')}\n`,
      log: join(building, 'build.log'),
    });
  });
  return join(folder, 'root');
}
