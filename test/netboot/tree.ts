import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stackseed } from '../cli/command.ts';
import { knownSecrets } from '../fixtures.ts';
import { layInventory } from '../pxe/fleet.ts';

/** Debian's own installer for network boot, out of its package. */
export const IMAGE = '/usr/lib/debian-installer/images/12/amd64/text';

/** iPXE for UEFI, as Debian packages it. */
export const IPXE = '/usr/lib/ipxe/snponly.efi';

/** What it asks for when it has read its preseed and nobody had to answer anything. */
export const REACHED = '/reached-by-web';

/** Lays the seed as at the end of an installation, below a folder in memory. It returns when all of it is there. */
export const LAYS_SEED = 'MAIN=seed sh /tmp/stackseed/late.sh';

/** Tells the server; the machine goes off, since from here on there would have to be a mirror. */
const AT_END = `${LAYS_SEED} && wget -q -O /dev/null http://10.77.0.1${REACHED}; poweroff -f`;

/** What the preseed does before it partitions: it fetches what lies beside it, as often as it takes. */
const FETCHES = /^d-i partman\/early_command string (.*); sh \/tmp\/stackseed\/early\.sh$/m;

export interface Tree {
  /** Folder of the tree. */
  tree: string;
  out: string;
  conf: string;
}

/**
 * The host's own preseed and seed, as `generate` writes them, and a tree of the real installer. Nobody is armed. The
 * preseed gets one line more: it fetches at once what it would fetch before it partitions, then does `atEnd`, which begins
 * with laying the seed.
 */
export async function layTree(
  folder: string,
  dhcp: 'authoritative' | 'proxy',
  atEnd: string = AT_END,
): Promise<Tree> {
  chmodSync(folder, 0o755);
  const out = join(folder, 'out');
  const tree = join(folder, 'pxe');
  const range = dhcp === 'authoritative' ? ', range: { from: 10.77.0.100, to: 10.77.0.120 }' : '';
  const boot = `{ network: manage, server: 10.77.0.1, interface: br0, dhcp: ${dhcp}${range}, ipxe: ${IPXE}, images: { debian-12: { from: ${IMAGE} } } }`;
  const inventory = layInventory(folder, boot, '{ serial: "ttyS0,115200n8" }');
  await knownSecrets(folder);
  await succeeded(['generate', '-i', inventory, '--out', out, '--no-iso']);
  await succeeded(['pxe', '-i', inventory, '-o', tree]);
  const preseed = join(out, 'hosts/web/preseed.cfg');
  const fetches = FETCHES.exec(readFileSync(preseed, 'utf8'))?.[1];
  if (fetches === undefined) throw new Error('the preseed fetches nothing');
  writeFileSync(preseed, `d-i preseed/early_command string ${fetches}; ${atEnd}\n`, { flag: 'a' });
  return { tree, out, conf: readFileSync(join(tree, 'dnsmasq.conf'), 'utf8') };
}

export async function succeeded(args: string[]): Promise<void> {
  const ran = await stackseed(args);
  if (ran.status !== 0) throw new Error(`stackseed ${args.join(' ')}: ${ran.stderr}`);
}

export async function armWeb({ tree, out }: Tree): Promise<string> {
  await succeeded(['pxe', 'arm', 'web', '-o', tree, '--out', out]);
  const [arm] = JSON.parse(readFileSync(join(tree, 'arms.json'), 'utf8'));
  return `/t/${arm.token}/preseed.cfg`;
}
