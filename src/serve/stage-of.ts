import { macInName } from './path.ts';
import type { HostRecord, Stage } from './types.ts';
import type { Whose } from './whose.ts';

/** What debian-installer asks for first: its answers. */
const PRESEED = 'preseed.cfg';

/** Files of a seed. Ubuntu's installer has its answers in a seed, too, and asks for all of it in its first seconds. */
const SEED = ['user-data', 'meta-data', 'network-config', 'vendor-data'];
const FIRST_SECONDS = 30_000;

/** What a kernel and its first files are called in the tree. */
const LOADED = ['linux', 'vmlinuz', 'initrd.gz', 'initrd'];

/** Who asks for a file of the tree, and what that says of its machine. */
export interface Asked {
  names: string[];
  /** Host whose MAC address or last address the client has. */
  client?: string;
  whose: Whose;
  /** Where a host was until now. */
  before(host: string): HostRecord | undefined;
  now: number;
}

/** Undefined where a request says nothing of a host. */
export function stageOf({
  names,
  client,
  whose,
  before,
  now,
}: Asked): { host: string; stage: Stage } | undefined {
  const last = names.at(-1) ?? '';
  if (names[0] === 't') {
    const host = whose.byToken(names[1] ?? '')?.arm.host;
    if (host === undefined) return undefined;
    const { stage, stageAt = now } = before(host) ?? {};
    const late = stage === 'copies' || (stage === 'installs' && now - stageAt > FIRST_SECONDS);
    return { host, stage: late && last !== PRESEED && SEED.includes(last) ? 'copies' : 'installs' };
  }
  const mac = macInName(last);
  const owner = mac === undefined ? undefined : whose.byMac(mac);
  if (owner !== undefined) {
    // Another machine's boot file proves nothing about that machine.
    if (client !== undefined && client !== owner) return undefined;
    return { host: owner, stage: whose.isArmed(owner) ? 'asked' : 'disk' };
  }
  if (client === undefined || !names.includes('images') || !LOADED.includes(last)) return undefined;
  return { host: client, stage: 'loads' };
}
