import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab, LabHost } from '../lab/lab.ts';
import { type Client, clientOn, until } from './client.ts';
import { OUTSIDE, withRole } from './fleet.ts';
import { makeGuest } from './guest.ts';

/** A cloud that stands, and what one proof leaves for the next. */
export interface Cloud {
  lab: Lab;
  client: Client;
  /** The client of another controller. */
  on(host: LabHost): Client;
  /** The address outside of the first server; empty while it has none. */
  floating: string;
  /** The compute nodes by the names of the servers that they have. */
  servers: Map<string, string>;
  /** The first server's address inside; empty while there is none. */
  inside: string;
}

export function cloudOf(lab: Lab): Cloud {
  return {
    lab,
    client: clientOn(lab.host('cnt1')),
    on: clientOn,
    floating: '',
    servers: new Map(),
    inside: '',
  };
}

/** One in which the proofs have left something. */
export async function cloudAsItIs(lab: Lab): Promise<Cloud> {
  const cloud = cloudOf(lab);
  const found = await cloud.client.ask<{ Name: string; Host: string; Networks: { inside?: string[] } }[]>(
    ...['server', 'list', '--long', '--sort-column', 'Name'],
  );
  for (const { Name: name, Host: host, Networks: networks } of found) {
    if (!name.startsWith('server-')) continue;
    cloud.servers.set(name, host);
    cloud.inside ||= networks.inside?.[0] ?? '';
    cloud.floating ||= networks.inside?.[1] ?? '';
  }
  return cloud;
}

/** Where a host of the lab finds what is put into the share that it has with this machine. */
const SHARE = '/lab/shares/proof';
/** The private key of the servers' user, as this machine sees it. */
const userKey = (lab: Lab): string => join(lab.folder, 'shares/proof/key');

export async function images({ lab, client }: Cloud): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-guest-'));
  const share = join(lab.folder, 'shares/proof');
  try {
    await mkdir(share, { recursive: true });
    await copyFile(await makeGuest(folder), join(share, 'disk'));
  } finally {
    rmSync(folder, { recursive: true });
  }
  await client.run(
    ...['image', 'create', 'guest', '--disk-format', 'raw', '--container-format', 'bare', '--public'],
    ...['--file', `${SHARE}/disk`],
  );
  const status = await client.field('status', 'image', 'show', 'guest');
  if (status !== 'active') throw new Error(`the image is ${status}`);
  return 'a disk is active';
}

export async function network({ lab, client }: Cloud): Promise<string> {
  await client.run('flavor', 'create', 'tiny', '--ram', '128', '--disk', '1', '--vcpus', '1');
  await client.run('network', 'create', 'inside');
  await client.run('subnet', 'create', 'inside', '--network', 'inside', '--subnet-range', '10.1.0.0/24');
  await client.run('router', 'create', 'way');
  await client.run('router', 'add', 'subnet', 'way', 'inside');
  await client.run('router', 'set', 'way', '--external-gateway', OUTSIDE.name);
  const project = await client.field('id', 'project', 'show', 'admin');
  const groups = await client.ask<{ ID: string }[]>('security', 'group', 'list', '--project', project);
  const rule = ['security', 'group', 'rule', 'create', groups[0]?.ID ?? '', '--proto'];
  await client.run(...rule, 'icmp');
  await client.run(...rule, 'tcp', '--dst-port', '22');
  await client.run('keypair', 'create', 'user', '--private-key', `${SHARE}/key`);
  await chmod(userKey(lab), 0o600);
  return 'a network, a router with a way out, rules for ICMP and SSH, and a key';
}

/** A server on each compute node that has none, the later ones told to reach the first; each is waited for. */
export async function servers(cloud: Cloud): Promise<string> {
  const took: string[] = [];
  for (const node of computes(cloud)) {
    if ([...cloud.servers.values()].includes(node)) continue;
    took.push(await boot(cloud, `server-${node}`, node));
    cloud.servers.set(`server-${node}`, node);
  }
  return took.join(', ');
}

/** Another one on each, as proof that it can still be done. They are taken away again. */
export async function furtherServers(cloud: Cloud): Promise<string> {
  const took: string[] = [];
  for (const node of computes(cloud)) {
    took.push(await boot(cloud, `further-${node}`, node));
    await cloud.client.run('server', 'delete', '--wait', `further-${node}`);
  }
  return took.join(', ');
}

const computes = ({ lab }: Cloud): string[] => withRole(lab, 'compute').map(({ name }) => name);

/** Boots a server, all but the first with a configuration drive, and waits until it is through with what guest/init does. */
async function boot(cloud: Cloud, name: string, node: string): Promise<string> {
  const { client, inside: peer } = cloud;
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1000).toFixed(0);
  await client.run(
    ...['--os-compute-api-version', '2.74', 'server', 'create', name, '--image', 'guest', '--flavor', 'tiny'],
    ...[
      '--network',
      'inside',
      '--host',
      node,
      '--key-name',
      'user',
      ...(peer ? ['--config-drive', 'True', '--property', `peer=${peer}`] : []),
    ],
  );
  const status = await until(
    300,
    `${name} is active`,
    () => client.field('status', 'server', 'show', name),
    (found) => found !== 'BUILD',
  );
  if (status !== 'ACTIVE') {
    const { fault } = await client.ask<{ fault?: unknown }>('server', 'show', name);
    throw new Error(`${name} is ${status}: ${JSON.stringify(fault)}`);
  }
  const active = seconds();
  const said = await until(
    300,
    `${name} has its address and its metadata`,
    () => screen(client, name),
    (text) => text.includes('guest: ready'),
  );
  if (!said.includes(`guest: name ${name}`)) throw new Error(`${name} was told of another one:\n${said}`);
  if (peer && !said.includes(`guest: reaches ${peer}`)) throw new Error(`${name} does not reach ${peer}`);
  cloud.inside ||= /guest: address ([^/\s]+)/.exec(said)?.[1] ?? '';
  return `${name} is active after ${active} s and has its metadata${peer ? ` and reaches ${peer}` : ''} after ${seconds()} s`;
}

/** What a server has on its console; nothing while it has none. */
const screen = (client: Client, name: string): Promise<string> =>
  client.run('console', 'log', 'show', name).catch(() => '');

/** A ping and a login from the machine beside the hosts, which is on the network outside. */
export async function floating(cloud: Cloud): Promise<string> {
  const { lab, client, servers: on } = cloud;
  const [name = ''] = on.keys();
  const address = await client.field('floating_ip_address', 'floating', 'ip', 'create', OUTSIDE.name);
  await client.run('server', 'add', 'floating', 'ip', name, address);
  const began = Date.now();
  await until(
    120,
    `${address} answers`,
    async () => (await lab.switch.exec(['busybox', 'ping', '-c', '1', '-W', '2', address])).code,
    (code) => code === 0,
  );
  cloud.floating = address;
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes'];
  const { code, stderr } = await lab.switch.exec([
    ...['ssh', '-i', userKey(lab), ...options.flatMap((one) => ['-o', one])],
    ...[`root@${address}`, 'true'],
  ]);
  if (code !== 0) throw new Error(`nobody is let in at ${address}: ${stderr}`);
  return `${address} answers from outside after ${seconds} s, and lets in who has the key`;
}

export async function volume({ client, servers: on }: Cloud): Promise<string> {
  const [name = ''] = on.keys();
  const became = (status: string) =>
    until(
      180,
      `the volume is ${status}`,
      () => client.field('status', 'volume', 'show', 'disk'),
      (found) => found === status || found.startsWith('error'),
    );
  const expect = async (status: string) => {
    const found = await became(status);
    if (found !== status) throw new Error(`the volume is ${found}`);
  };
  await client.run('volume', 'create', 'disk', '--size', '1');
  await expect('available');
  await client.run('server', 'add', 'volume', name, 'disk');
  await expect('in-use');
  await client.run('server', 'remove', 'volume', name, 'disk');
  await expect('available');
  return `a volume was attached to ${name} and detached`;
}

const TEMPLATE = `heat_template_version: 2018-08-31
resources:
  net: { type: OS::Neutron::Net }
  subnet: { type: OS::Neutron::Subnet, properties: { network: { get_resource: net }, cidr: 10.9.0.0/24 } }
`;

export async function stack({ lab, client }: Cloud): Promise<string> {
  await lab.host('cnt1').must(['tee', '/tmp/stack.yaml'], { input: TEMPLATE });
  await client.run('stack', 'create', 'stack', '-t', '/tmp/stack.yaml', '--wait');
  const status = await client.field('stack_status', 'stack', 'show', 'stack');
  if (status !== 'CREATE_COMPLETE') throw new Error(`the stack is ${status}`);
  return 'a stack of a network and a subnet';
}

export async function samples({ client, servers: on }: Cloud): Promise<string> {
  const [name = ''] = on.keys();
  const id = await client.field('id', 'server', 'show', name);
  const metrics = await until(
    300,
    `there are measures of ${name}`,
    async () => {
      const { metrics: found = {} } = await client
        .ask<{ metrics?: Record<string, string> }>('metric', 'resource', 'show', id)
        .catch(() => ({}) as { metrics?: Record<string, string> });
      return Object.keys(found);
    },
    (found) => found.includes('cpu'),
  );
  return `${metrics.length} metrics of ${name}`;
}

/** Every service is there as often as it should be, as a controller sees it. */
export async function doctor({ lab }: Cloud): Promise<string> {
  const { stdout } = await until(
    120,
    'the doctor finds nothing wrong',
    () => lab.host('cnt1').exec(['stackseed-node', 'doctor'], { timeout: 60 }),
    ({ status }) => status === 0,
  );
  return `nothing is wrong:\n${stdout.trimEnd()}`;
}
