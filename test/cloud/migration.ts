import { until } from './client.ts';
import { PUBLIC, withRole } from './fleet.ts';
import type { Cloud } from './proof.ts';
import { answered, startWatch } from './watch.ts';

/**
 * Seconds without an answer that a server may have on its way: until Neutron has told all hosts where it is. It needs more to
 * boot and to get its address, so it was not booted anew.
 */
const PAUSE = 30;

/** The server with the floating address moves to another compute node while it runs and is pinged, and back again. */
export async function migration(cloud: Cloud): Promise<string> {
  const { lab, servers, floating } = cloud;
  const [[name, home] = ['', '']] = servers;
  const other = withRole(lab, 'compute').find((host) => host.name !== home);
  if (!other) return 'there is only one compute node';
  const watch = await startWatch(lab, PUBLIC, floating);
  try {
    await answered(watch, 60, `${floating} answers`);
    const began = Date.now();
    const ways: string[] = [];
    for (const node of [other.name, home]) ways.push(await move(cloud, name, node));
    const pause = watch.longest(began).get('ping') ?? Number.POSITIVE_INFINITY;
    if (pause > PAUSE) throw new Error(`${name} did not answer for ${pause.toFixed(1)} s`);
    return `${name} moved ${ways.join(' and ')}; longest time without a ping ${pause.toFixed(1)} s`;
  } finally {
    watch.stop();
  }
}

async function move({ client }: Cloud, name: string, node: string): Promise<string> {
  const began = Date.now();
  // From 2.30 on Nova finds out by itself whether disks have to be copied, and asks the scheduler about the node.
  await client.run(
    ...['--os-compute-api-version', '2.74', 'server', 'migrate', '--live-migration', '--host', node, name],
  );
  const server = () => client.ask<{ status: string; 'OS-EXT-SRV-ATTR:host': string }>('server', 'show', name);
  const found = await until(
    240,
    `${name} runs on ${node}`,
    server,
    ({ status, 'OS-EXT-SRV-ATTR:host': on }) => status === 'ERROR' || (status === 'ACTIVE' && on === node),
  );
  if (found.status !== 'ACTIVE') throw new Error(`${name} is ${found.status}`);
  return `to ${node} in ${((Date.now() - began) / 1000).toFixed(0)} s`;
}
