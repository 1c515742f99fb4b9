import type { Path } from '../../document/types.ts';
import { canonicalMac, isMac } from '../canonical.ts';
import type { Check, CheckedHost } from './context.ts';

/**
 * No two devices of a host may end up with one name. A NIC given by its MAC address gets the name of
 * its network, a VLAN that of its network, and a NIC that only carries VLANs or a bond `nic` and the last
 * three bytes of its address.
 */
export function checkInterfaces(check: Check): void {
  for (const checked of check.hosts) {
    const taken = new Map<string, { path: Path; device: string }>();
    for (const { name, device, path } of devicesOf(check, checked)) {
      const first = taken.get(name);
      if (name === 'lo') {
        const message = 'lo is the loopback interface of every machine';
        check.report({ code: 'interface-clash', path, at: 'key', message, hint: 'choose another name' });
      } else if (first === undefined) {
        taken.set(name, { path, device });
      } else if (first.device !== device) {
        check.report({
          code: 'interface-clash',
          path,
          at: 'key',
          message: `two devices of ${checked.name} would be called ${name}`,
          hint: 'rename the network or the bond',
          also: [{ message: 'the other one', path: first.path, at: 'key' }],
          about: [['networks']],
        });
      }
    }
  }
}

interface Named {
  name: string;
  /** What it is, so that the same device may be met twice. */
  device: string;
  path: Path;
}

function devicesOf({ inventory }: Check, { name: hostName, host }: CheckedHost): Named[] {
  const devices: Named[] = [];
  const untagged = new Set<string>();
  for (const [network, { mac, interface: nic }] of Object.entries(host.networks)) {
    const path = ['hosts', hostName, 'networks', network];
    const tagged = inventory.networks[network]?.vlan !== undefined;
    if (tagged) devices.push({ name: network, device: `vlan ${network}`, path });
    if (nic !== undefined) devices.push({ name: nic, device: nic, path });
    if (mac !== undefined && !tagged) {
      untagged.add(canonicalMac(mac));
      devices.push({ name: network, device: canonicalMac(mac), path });
    }
  }
  for (const [network, { mac }] of Object.entries(host.networks)) {
    const path = ['hosts', hostName, 'networks', network];
    if (mac !== undefined && !untagged.has(canonicalMac(mac))) devices.push(parent(mac, path));
  }
  for (const [bond, { members }] of Object.entries(host.bonds ?? {})) {
    const path = ['hosts', hostName, 'bonds', bond];
    devices.push({ name: bond, device: `bond ${bond}`, path });
    members.forEach((member, index) => {
      const place = [...path, 'members', index];
      devices.push(isMac(member) ? parent(member, place) : { name: member, device: member, path: place });
    });
  }
  return devices;
}

function parent(mac: string, path: Path): Named {
  const device = canonicalMac(mac);
  return { name: `nic${device.replaceAll(':', '').slice(6)}`, device, path };
}
