import type { Inventory } from './schema.ts';

/** A MAC address in lower case with colons. */
export function canonicalMac(mac: string): string {
  return mac.toLowerCase().replaceAll('-', ':');
}

/** Whether a NIC is named by its MAC address. */
export function isMac(nic: string): boolean {
  return /^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$/.test(nic);
}

/** The inventory with every MAC address in one form, so that nothing later has to think about it. */
export function canonical(inventory: Inventory): Inventory {
  for (const host of Object.values(inventory.hosts)) {
    for (const attachment of Object.values(host.networks)) {
      if (attachment.mac !== undefined) attachment.mac = canonicalMac(attachment.mac);
    }
    for (const bond of Object.values(host.bonds ?? {})) {
      bond.members = bond.members.map((nic) => (isMac(nic) ? canonicalMac(nic) : nic));
    }
  }
  return inventory;
}
