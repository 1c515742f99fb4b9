import { readFile } from 'node:fs/promises';

/** The kernel's table of who has which address on the links of this machine: proc(5), arp(7). */
const TABLE = '/proc/net/arp';

/** Milliseconds that one reading is good for: many machines ask at once. */
const FRESH = 1000;

/** ATF_COM: the entry is complete (linux/if_arp.h). */
const COMPLETE = 0x2;

/** Addresses and their MAC addresses, lower case with colons. */
export function readTable(text: string): Map<string, string> {
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return new Map(
    rows.flatMap(([address = '', , flags = '', mac = '']): [string, string][] =>
      (Number(flags) & COMPLETE) !== 0 && mac !== '00:00:00:00:00:00' ? [[address, mac.toLowerCase()]] : [],
    ),
  );
}

/**
 * Asks who has an address on a link of this machine. Undefined for one behind a router, one of this machine's own,
 * and where the system has no such table: then the MAC address says nothing.
 */
export function neighbours(table = TABLE): (address: string) => Promise<string | undefined> {
  let [read, reading] = [Number.NEGATIVE_INFINITY, Promise.resolve(new Map<string, string>())];
  return async (address) => {
    const now = performance.now();
    if (now - read > FRESH) {
      read = now;
      reading = readFile(table, 'latin1').then(readTable, () => new Map());
    }
    return (await reading).get(address);
  };
}
