import { macInName } from './path.ts';
import type { Stage } from './types.ts';
import type { Whose } from './whose.ts';

/** What an installer asks for first: its answers. The name of the second means the seed later on. */
const PRESEED = 'preseed.cfg';
const AUTOINSTALL = 'user-data';

/** What a kernel and its first files are called in the tree. */
const LOADED = ['linux', 'vmlinuz', 'initrd.gz', 'initrd'];

/** Who asks for a file of the tree, and what that says of its machine. */
export interface Asked {
  names: string[];
  /** Host whose MAC address or last address the client has. */
  client?: string;
  whose: Whose;
  /** Where a host was until now. */
  stageNow(host: string): Stage | undefined;
}

/** Undefined where a request says nothing of a host. */
export function stageOf({
  names,
  client,
  whose,
  stageNow,
}: Asked): { host: string; stage: Stage } | undefined {
  const last = names.at(-1) ?? '';
  if (names[0] === 't') {
    const host = whose.byToken(names[1] ?? '')?.arm.host;
    if (host === undefined) return undefined;
    const before = stageNow(host);
    const begins = last === PRESEED || (last === AUTOINSTALL && before !== 'installs' && before !== 'copies');
    return { host, stage: begins ? 'installs' : 'copies' };
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
