import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stackseed } from '../cli/command.ts';
import { layInstaller, layInventory, macs } from '../pxe/fleet.ts';

/** Debian's own installer for network boot, out of its package. */
export const IMAGE = '/usr/lib/debian-installer/images/12/amd64/text';

/** What the installer asks for when it has read its preseed and nobody had to answer anything. */
export const REACHED = '/reached-by-web';

const STATIC = [
  'auto=true',
  'priority=critical',
  'DEBIAN_FRONTEND=text',
  'debian-installer/locale=en_US.UTF-8',
  'keyboard-configuration/xkb-keymap=us',
  'netcfg/disable_autoconfig=true',
  'netcfg/get_ipaddress=10.77.0.11',
  'netcfg/get_netmask=255.255.255.0',
  'netcfg/get_gateway=10.77.0.1',
  'netcfg/get_nameservers=10.77.0.1',
  'netcfg/confirm_static=true',
  'hostname=web',
  'domain=example.net',
  'console=ttyS0,115200n8',
];

/**
 * early_command runs when the preseed has been taken. It fetches what lies beside it as the real one does, tells the
 * server, and the machine goes off.
 */
const PRESEED =
  'd-i preseed/early_command string preseed_fetch user-data /tmp/user-data && ' +
  `wget -q -O /dev/null http://10.77.0.1${REACHED}; poweroff -f\n`;

export interface Tree {
  /** Folder of the tree. */
  tree: string;
  out: string;
  conf: string;
}

/** A tree of the real installer, with the host web armed or not. */
export async function layTree(folder: string, dhcp: 'authoritative' | 'proxy'): Promise<Tree> {
  chmodSync(folder, 0o755);
  const out = join(folder, 'out');
  const tree = join(folder, 'pxe');
  const range = dhcp === 'authoritative' ? ', range: { from: 10.77.0.100, to: 10.77.0.120 }' : '';
  const boot = `{ network: manage, server: 10.77.0.1, interface: br0, dhcp: ${dhcp}${range}, images: { debian-12: { from: ${IMAGE} } } }`;
  layInstaller(out, 'web', macs.web, { 'preseed.cfg': PRESEED, 'user-data': '#cloud-config\n' }, STATIC);
  const ran = await stackseed(['pxe', '-i', layInventory(folder, boot), '-o', tree]);
  if (ran.status !== 0) throw new Error(ran.stderr);
  return { tree, out, conf: readFileSync(join(tree, 'dnsmasq.conf'), 'utf8') };
}

export async function armWeb({ tree, out }: Tree): Promise<string> {
  const ran = await stackseed(['pxe', 'arm', 'web', '-o', tree, '--out', out]);
  if (ran.status !== 0) throw new Error(ran.stderr);
  const [arm] = JSON.parse(readFileSync(join(tree, 'arms.json'), 'utf8'));
  return `/t/${arm.token}/preseed.cfg`;
}
