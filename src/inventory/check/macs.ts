import type { Path } from '../../document/types.ts';
import { canonicalMac, isMac } from '../canonical.ts';
import type { Check } from './context.ts';

/** A MAC address is of one NIC, and a NIC is in one host. Those of absent hosts count: they may come back. */
export function checkMacs(check: Check): void {
  const first = new Map<string, { host: string; path: Path }>();
  for (const { name, host } of check.hosts) {
    const found: { mac: string; path: Path }[] = Object.entries(host.networks).flatMap(
      ([network, { mac }]) =>
        mac === undefined ? [] : [{ mac, path: ['hosts', name, 'networks', network, 'mac'] }],
    );
    for (const [bond, { members }] of Object.entries(host.bonds ?? {})) {
      members.forEach((mac, index) => {
        if (isMac(mac)) found.push({ mac, path: ['hosts', name, 'bonds', bond, 'members', index] });
      });
    }
    for (const { mac, path } of found) {
      const canonical = canonicalMac(mac);
      if (Number.parseInt(canonical.slice(0, 2), 16) % 2 === 1 || canonical === '00:00:00:00:00:00') {
        const message = `${mac} is not the address of a NIC: it is for many, or nobody's`;
        check.report({ code: 'mac-not-unicast', path, message });
      }
      const other = first.get(canonical);
      if (other === undefined) {
        first.set(canonical, { host: name, path });
      } else if (other.host !== name) {
        const also = [{ message: `of ${other.host}`, path: other.path }];
        const message = `MAC address ${canonical} is already that of ${other.host}`;
        check.report({ code: 'mac-duplicate', path, message, also });
      }
    }
  }
}
