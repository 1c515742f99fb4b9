import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lab } from '../lab/lab.ts';
import { until } from './client.ts';
import { writeFleet } from './fleet.ts';
import { type Cloud, servers } from './proof.ts';

const NEW = 'cm2';

/** SHA-256 of each host's seed, but that of the new one. */
function seeds(lab: Lab): string {
  const names = lab.fleet().hosts.map(({ name }) => name);
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(lab.fleet().seeds, name, 'seed.iso')))
      .digest('hex');
  return names
    .filter((name) => name !== NEW)
    .map((name) => `${name} ${digest(name)}`)
    .join('\n');
}

/** A compute node comes into the inventory and is switched on; nobody touches another host, and it has a server. */
export async function growth(cloud: Cloud): Promise<string> {
  const { lab, client } = cloud;
  const names = lab.fleet().hosts.map(({ name }) => name);
  if (names.includes(NEW)) return `${NEW} was there from the start`;
  // As they are of the programs of today.
  writeFleet(dirname(lab.inventory()), names);
  await lab.generate();
  const before = seeds(lab);
  writeFleet(dirname(lab.inventory()), [...names, NEW]);
  const began = Date.now();
  await lab.up([NEW]);
  const after = seeds(lab);
  if (after !== before) throw new Error(`seeds of others have changed:\n${before}\n${after}`);
  await until(900, `${NEW} is ready`, () => lab.host(NEW).has('/run/stackseed/ready'), Boolean);
  const took = ((Date.now() - began) / 1000).toFixed(0);
  const found = await client.ask<Record<string, string>[]>('hypervisor', 'list');
  const hypervisor = lab.host(NEW).spec.name;
  if (!found.some((one) => one['Hypervisor Hostname']?.startsWith(hypervisor)))
    throw new Error(`${hypervisor} is not among the hypervisors: ${JSON.stringify(found)}`);
  return `${NEW} is a hypervisor ${took} s after its power on, no other seed has changed; ${await servers(cloud)}`;
}
