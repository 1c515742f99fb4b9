import { createHash } from 'node:crypto';
import type { Arm } from '../netboot/index.ts';

/** Tokens of hosts that were disarmed, which may ask once more whether they were heard. */
const DONE = 1000;

/** Who asks, as far as it can be known. */
export interface Whose {
  /** Takes the arms that there are now. */
  arm(arms: readonly Arm[]): void;
  /** The host that a token belongs to; `armed` is false for one that was disarmed lately. */
  byToken(token: string): { arm: Arm; armed: boolean } | undefined;
  byMac(mac: string): string | undefined;
  isArmed(host: string): boolean;
  /** MAC addresses that the inventory or arms.json know of the host. */
  hasMac(host: string, mac: string): boolean;
}

/** Tokens are looked up by digest, so that the time it takes says nothing of them. */
const digest = (token: string) => createHash('sha256').update(token).digest('base64');

/** @param inventory MAC addresses, lower case with colons, and whose they are */
export function whoseOf(inventory: ReadonlyMap<string, string>): Whose {
  let armed = new Map<string, Arm>();
  const done = new Map<string, Arm>();
  let hosts = new Set<string>();
  let macs = new Map(inventory);
  return {
    arm(arms) {
      const now = new Map(arms.map((arm) => [digest(arm.token), arm]));
      for (const [key, arm] of armed) if (!now.has(key)) done.set(key, arm);
      for (const key of [...done.keys()].slice(0, Math.max(0, done.size - DONE))) done.delete(key);
      armed = now;
      hosts = new Set(arms.map(({ host }) => host));
      macs = new Map([
        ...inventory,
        ...arms.flatMap(({ host, macs }) => macs.map((mac) => [mac, host] as const)),
      ]);
    },
    byToken(token) {
      const key = digest(token);
      const arm = armed.get(key) ?? done.get(key);
      return arm && { arm, armed: armed.has(key) };
    },
    byMac: (mac) => macs.get(mac),
    isArmed: (host) => hosts.has(host),
    hasMac: (host, mac) => macs.get(mac) === host,
  };
}
