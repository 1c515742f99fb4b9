import { canonicalMac, isMac } from '../canonical.ts';
import type { Check, CheckedHost } from './context.ts';

/** A NIC is in one bond and then carries nothing by itself; a bond is there to carry something. */
export function checkBonds(check: Check): void {
  for (const checked of check.hosts) {
    const { name, host } = checked;
    const carriers = new Set(Object.values(host.networks).map(({ bond }) => bond));
    for (const [bond, written] of Object.entries(host.bonds ?? {})) {
      const path = ['hosts', name, 'bonds', bond];
      if (!carriers.has(bond)) {
        const message = `no network of ${name} is on the bond ${bond}`;
        const about = [['hosts', name, 'networks']];
        check.report({ severity: 'warning', code: 'bond-unused', path, at: 'key', message, about });
      }
      const mode = written.mode ?? 'active-backup';
      if (written.lacp_rate !== undefined && mode !== '802.3ad') {
        const message = `lacp_rate is for mode 802.3ad, not ${mode}`;
        check.report({ code: 'bond-option', path: [...path, 'lacp_rate'], at: 'key', message });
      }
      if (
        written.transmit_hash_policy !== undefined &&
        !['802.3ad', 'balance-xor', 'balance-tlb'].includes(mode)
      ) {
        const message = `transmit_hash_policy is not for mode ${mode}`;
        check.report({ code: 'bond-option', path: [...path, 'transmit_hash_policy'], at: 'key', message });
      }
    }
    checkMembers(check, checked);
  }
}

function checkMembers(check: Check, { name, host }: CheckedHost): void {
  const first = new Map<string, (string | number)[]>();
  for (const [network, { mac, interface: nic }] of Object.entries(host.networks)) {
    if (mac !== undefined) first.set(canonicalMac(mac), ['hosts', name, 'networks', network, 'mac']);
    if (nic !== undefined) first.set(nic, ['hosts', name, 'networks', network, 'interface']);
  }
  for (const [bond, { members }] of Object.entries(host.bonds ?? {})) {
    members.forEach((member, index) => {
      const path = ['hosts', name, 'bonds', bond, 'members', index];
      const nic = isMac(member) ? canonicalMac(member) : member;
      const other = first.get(nic);
      if (other === undefined) {
        first.set(nic, path);
        return;
      }
      const message = `${nic} is in use already, and cannot be a member as well`;
      check.report({ code: 'bond-member-used', path, message, also: [{ message: 'here', path: other }] });
    });
  }
}
