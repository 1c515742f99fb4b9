import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { example } from '../fixtures.ts';
import type { Lab, LabHost } from '../lab/lab.ts';

/** The fleets that the cloud is proven on, by the hosts of the example that they have. */
export const FLEETS: Record<string, string[]> = {
  one: ['cnt1', 'nw1', 'cm1', 'nfs'],
  small: ['cnt1', 'cnt2', 'cnt3', 'nw1', 'cm1', 'nfs'],
  whole: ['router', 'cnt1', 'cnt2', 'cnt3', 'nw1', 'nw2', 'cm1', 'cm2', 'nfs'],
};

/** Where the example's cloud answers to its users. */
export const PUBLIC = '192.168.0.50';

/** Hosts of the lab that have a role. */
export const withRole = (lab: Lab, role: string): LabHost[] =>
  lab
    .fleet()
    .hosts.filter(({ roles }) => roles.includes(role))
    .map(({ name }) => lab.host(name));

/** What the outside network gives out. */
export const OUTSIDE = { name: 'outside', from: '192.168.0.100', to: '192.168.0.199' };

/**
 * Writes the example's inventory with the hosts of a fleet, as a lab can have it: no Open vSwitch, for the kernel may have
 * none, few processes, and a way out of the cloud through the network nodes. Gives its path.
 * With a proxy hosts get Debian's packages by it.
 */
export function writeFleet(folder: string, hosts: string[], proxy?: string): string {
  const inventory: Document = parseDocument(readFileSync(example('cloud'), 'utf8'));
  const all = Object.keys((inventory.toJS() as { hosts: object }).hosts);
  for (const name of all.filter((one) => !hosts.includes(one))) inventory.deleteIn(['hosts', name]);
  inventory.setIn(['settings', 'openstack', 'workers'], 1);
  inventory.setIn(['settings', 'neutron-common'], {
    driver: 'linuxbridge',
    providers: [{ network: 'public', ...OUTSIDE }],
  });
  for (const agents of ['ceilometer', 'ceilometer-compute'])
    inventory.setIn(['settings', agents, 'interval'], 30);
  for (const name of hosts.filter((one) => one.startsWith('nw')))
    inventory.setIn(['hosts', name, 'networks', 'public'], {
      mac: `52:54:00:00:00:6${name.at(-1)}`,
      address: 'none',
    });
  if (proxy) inventory.setIn(['apt', 'proxy'], proxy);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'inventory.yaml');
  writeFileSync(path, inventory.toString());
  return path;
}
