import { nearest } from '../../document/nearest.ts';
import { canonicalMac } from '../canonical.ts';
import type { Attachment, InventoryHost } from '../schema.ts';
import type { Check } from './context.ts';

const WAYS = ['mac', 'interface', 'bond'] as const;

/** Each network of a host is reached by exactly one NIC or bond, and a NIC carries one network that is not tagged. */
export function checkAttachments(check: Check): void {
  for (const { name, host } of check.hosts) {
    const untagged = new Map<string, string>();
    const tags = new Map<string, string>();
    for (const [network, attachment] of Object.entries(host.networks)) {
      const path = ['hosts', name, 'networks', network];
      if (!checkWay(check, path, attachment)) continue;
      if (attachment.bond !== undefined) checkBondName(check, path, host, attachment.bond);
      const vlan = check.inventory.networks[network]?.vlan;
      const nic = attachment.mac
        ? canonicalMac(attachment.mac)
        : (attachment.interface ?? attachment.bond ?? '');
      const key = vlan === undefined ? nic : `${nic} ${vlan}`;
      const seen = vlan === undefined ? untagged : tags;
      const first = seen.get(key);
      seen.set(key, first ?? network);
      if (first === undefined) continue;
      check.report({
        code: 'nic-twice',
        path,
        at: 'key',
        message:
          vlan === undefined
            ? `${nic} carries ${first} already, and a second network must have a VLAN id`
            : `${nic} carries VLAN ${vlan} already, for ${first}`,
        also: [{ message: first, path: ['hosts', name, 'networks', first], at: 'key' }],
        about: [
          ['networks', network],
          ['networks', first],
        ],
      });
    }
  }
}

function checkWay(check: Check, path: string[], attachment: Attachment): boolean {
  const given = WAYS.filter((way) => attachment[way] !== undefined);
  if (given.length === 1) return true;
  if (given.length === 0) {
    const hint = 'such as mac: "52:54:00:12:34:56", interface: ens3 or bond: bond0';
    check.report({
      code: 'nic-missing',
      path,
      at: 'key',
      message: 'none of mac, interface and bond is given',
      hint,
    });
  } else {
    const message = `${given.join(' and ')} are given; only one of them can be`;
    check.report({ code: 'nic-ambiguous', path, at: 'key', message });
  }
  return false;
}

function checkBondName(check: Check, path: string[], host: InventoryHost, bond: string): void {
  const bonds = Object.keys(host.bonds ?? {});
  if (bonds.includes(bond)) return;
  const near = nearest(bond, bonds);
  check.report({
    code: 'unknown-bond',
    path: [...path, 'bond'],
    message: `this host has no bond ${bond}`,
    hint:
      near !== undefined
        ? `did you mean ${near}?`
        : `describe it under bonds: ${bond}: { members: [ens3, ens4] }`,
    about: [[...path.slice(0, 2), 'bonds', bond]],
  });
}
