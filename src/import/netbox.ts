import type { Finding } from '../report/finding.ts';
import { cell, type ImportedHost, problem, type Row } from './rows.ts';

export interface NetboxOptions {
  /** The network that a device's primary address is on. */
  network: string;
  /** Groups by the device's role as NetBox calls it; without an entry, the role's own name in lower case with dashes. */
  groups: ReadonlyMap<string, string>;
  /** Rows of NetBox's export of interfaces, which has the MAC addresses. */
  interfaces?: Row[];
}

/** Statuses of NetBox of machines that are gone or going; all others are present. */
const GONE = ['offline', 'decommissioning', 'inventory', 'failed'];

/**
 * Hosts of NetBox's export of devices: Name, Status, Role, IPv4 Address or IP Address, as its tables call them, or
 * as its fields are called (role or device_role, primary_ip4). Everything else is left out.
 */
export function hostsOfNetbox(
  file: string,
  rows: Row[],
  { network, groups, interfaces = [] }: NetboxOptions,
): { hosts: Map<string, ImportedHost>; findings: Finding[] } {
  const findings: Finding[] = [];
  const hosts = new Map<string, ImportedHost>();
  const macs = macsByAddress(interfaces);
  for (const row of rows) {
    const where = `${file}:${row.line}`;
    const written = cell(row, 'name');
    // The first label is the host; the fleet has one domain.
    const name = written?.toLowerCase().split('.')[0];
    if (name === undefined || !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      const what =
        written === undefined ? 'a device without a name' : `${written} cannot be the name of a host`;
      findings.push(problem(where, 'import-name', what, 'letters, digits and dashes'));
      continue;
    }
    if (hosts.has(name)) {
      findings.push(problem(where, 'import-duplicate', `${name} is there twice`));
      continue;
    }
    const role = cell(row, 'role', 'device_role', 'device role');
    const group = role && (groups.get(role) ?? role.toLowerCase().replace(/[^a-z0-9]+/g, '-'));
    const address = cell(row, 'ipv4 address', 'primary_ip4', 'ip address', 'primary_ip')?.split('/')[0];
    const mac = address && macs.get(`${written} ${address}`);
    hosts.set(name, {
      ...(GONE.includes(cell(row, 'status')?.toLowerCase() ?? '') && { state: 'absent' as const }),
      ...(group && { groups: [group] }),
      networks: address ? { [network]: { ...(mac && { mac }), address } } : {},
    });
  }
  return { hosts, findings };
}

/** MAC addresses by `DEVICE ADDRESS`. */
function macsByAddress(interfaces: Row[]): Map<string, string> {
  const found = interfaces.flatMap((row): [string, string][] => {
    const device = cell(row, 'device');
    const mac = cell(row, 'mac address', 'primary mac', 'primary_mac_address', 'mac_address')?.toLowerCase();
    if (!device || !mac) return [];
    const addresses = (cell(row, 'ip addresses', 'ip_addresses') ?? '').split(/[\s,]+/);
    return addresses.map((address) => [`${device} ${address.split('/')[0]}`, mac]);
  });
  return new Map(found);
}
