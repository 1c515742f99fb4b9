import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '../lab/lab.ts';
import { until } from './client.ts';
import { PUBLIC, withRole } from './fleet.ts';
import { type Cloud, furtherServers } from './proof.ts';
import { answered, startWatch, type Watch } from './watch.ts';

/** Something that breaks in a cloud in use, and what makes up for it. */
interface Break {
  name: string;
  /** Breaks it, and mends what only power can mend. What it returns is told. */
  act(cloud: Cloud): Promise<string>;
  /** Seconds that a user may be without an answer; by fuel-qa's tests, where they have a limit. */
  limit: number;
}

/** Seconds until all hosts are healthy and the doctor finds nothing wrong, on a machine of two cores. */
const PATIENCE = 900;

const controllers = ({ lab }: Cloud): LabHost[] => withRole(lab, 'controller');

/** The controller that has the virtual addresses, and one that has not. */
async function holder(cloud: Cloud): Promise<{ has: LabHost; other: LabHost }> {
  const all = controllers(cloud);
  for (const has of all) {
    const said = await has.exec(['ip', '-4', '-o', 'address', 'show', 'to', PUBLIC]);
    const other = all.find((one) => one !== has);
    if (said.stdout !== '' && other) return { has, other };
  }
  throw new Error('no controller has the virtual address');
}

async function powerCycle(host: LabHost, seconds: number): Promise<void> {
  await host.powerCut();
  await sleep(seconds * 1000);
  await host.powerOn();
}

/** A server is asked for, and the controller that took the question loses its power. */
async function duringServerCreate(cloud: Cloud): Promise<string> {
  const { has, other } = await holder(cloud);
  const name = `during-${Date.now()}`;
  const words = ['server', 'create', name, '--image', 'guest', '--flavor', 'tiny', '--network', 'inside'];
  const asked = cloud
    .on(other)
    .run(...words)
    .then(
      () => 'answered',
      () => 'lost',
    );
  await sleep(3000);
  await has.powerCut();
  const answer = await asked;
  const status = await until(
    300,
    `${name} is active`,
    () =>
      cloud
        .on(other)
        .field('status', 'server', 'show', name)
        .catch(() => 'not there'),
    (found) => found !== 'BUILD' && (found !== 'not there' || answer === 'lost'),
  );
  await has.powerOn();
  // A question whose answer was lost may be asked again by the user.
  if (answer === 'answered' && status !== 'ACTIVE') throw new Error(`${name} is ${status}`);
  return `the question was ${answer}, the server is ${status}`;
}

async function killApis(cloud: Cloud): Promise<string> {
  const { other } = await holder(cloud);
  const apis = [
    'keystone',
    'glance-api',
    'placement-api',
    'nova-api',
    'neutron-api',
    'cinder-api',
    'heat-api',
  ];
  for (const api of apis) await other.must(['systemctl', 'kill', '--signal=KILL', `${api}.service`]);
  return `${apis.join(', ')} of ${other.name}`;
}

async function volumeRuns(cloud: Cloud): Promise<LabHost[]> {
  const found: LabHost[] = [];
  for (const host of controllers(cloud))
    if ((await host.exec(['pgrep', '-f', '^/usr/bin/python3 /usr/bin/cinder-volume'])).status === 0)
      found.push(host);
  return found;
}

/** While its host is away it runs nowhere or on one other, never on two. */
async function moveVolume(cloud: Cloud): Promise<string> {
  const [first] = await volumeRuns(cloud);
  if (!first) throw new Error('cinder-volume runs nowhere');
  await first.powerCut();
  const began = Date.now();
  const on = await until(
    180,
    'cinder-volume runs on another controller',
    () => volumeRuns(cloud),
    (found) => {
      if (found.length > 1) throw new Error(`it runs on ${found.map(({ name }) => name).join(' and ')}`);
      return found.length === 1;
    },
  );
  const took = ((Date.now() - began) / 1000).toFixed(0);
  await first.powerOn();
  return `it ran on ${first.name}, and after ${took} s on ${on[0]?.name}`;
}

async function killAgent(cloud: Cloud): Promise<string> {
  const { other } = await holder(cloud);
  await other.must(['systemctl', 'kill', '--signal=KILL', 'ceilometer-agent-central.service']);
  return `that of ${other.name}`;
}

/** The network node that has the router, which must not be the only one. */
async function cutRouter(cloud: Cloud): Promise<string> {
  const nodes = withRole(cloud.lab, 'network');
  if (nodes.length < 2) return 'there is only one network node, so none was cut';
  for (const node of nodes) {
    const script =
      'for one in $(ip netns list | grep -o "^qrouter[^ ]*"); do ip netns exec "$one" ip -4 -o address; done';
    const { stdout } = await node.exec(['bash', '-c', script]);
    if (!stdout.includes(`${cloud.floating}/`)) continue;
    await powerCycle(node, 30);
    return `that was on ${node.name}`;
  }
  throw new Error(`no network node has ${cloud.floating}`);
}

/** As when its machine is replaced: a blank disk, and the seed of before. */
async function loseDisk({ lab }: Cloud): Promise<string> {
  const host = lab.host('cnt2');
  await host.wipe();
  await host.powerOn();
  return host.name;
}

/** Servers of the cloud are off as well; whoever has them starts them again. */
async function allOff(cloud: Cloud): Promise<string> {
  const hosts = cloud.lab.fleet().hosts.map(({ name }) => cloud.lab.host(name));
  await Promise.all(hosts.map((host) => host.powerCut()));
  for (const host of hosts.reverse()) await host.powerOn();
  const began = Date.now();
  await healthy(cloud);
  const took = ((Date.now() - began) / 1000).toFixed(0);
  const [name = ''] = cloud.servers.keys();
  const status = await cloud.client.field('status', 'server', 'show', name);
  if (status === 'SHUTOFF') await cloud.client.run('server', 'start', name);
  return `all hosts were healthy ${took} s after the last was switched on; ${name} was ${status}`;
}

const BREAKS: Break[] = [
  {
    name: 'power cut of the holder of the virtual address, during server create',
    act: duringServerCreate,
    limit: 60,
  },
  ...['cnt1', 'cnt2', 'cnt3'].map((name) => ({
    name: `power cut of ${name}, and back`,
    limit: 60,
    async act({ lab }: Cloud) {
      await powerCycle(lab.host(name), 20);
      return name;
    },
  })),
  { name: 'kill -9 of each API on one controller', act: killApis, limit: 20 },
  { name: 'power cut of the controller with cinder-volume', act: moveVolume, limit: 60 },
  { name: 'kill -9 of one central agent of Ceilometer', act: killAgent, limit: 20 },
  { name: 'power cut of the network node with the router', act: cutRouter, limit: 60 },
  { name: 'lost disk of cnt2, which has its seed and a blank one', act: loseDisk, limit: 60 },
  { name: 'power cut of all hosts, and back in the opposite order', act: allOff, limit: 800 },
];

async function healthy(cloud: Cloud): Promise<void> {
  await until(
    PATIENCE,
    'all hosts are healthy, and the doctor finds nothing wrong',
    async () => {
      const said = await cloud.lab.host('cnt1').exec(['stackseed-node', 'doctor'], { timeout: 60 });
      const unready: string[] = [];
      for (const { name } of cloud.lab.fleet().hosts) {
        const status = await cloud.lab
          .host(name)
          .exec(['stackseed-node', 'status', '--quiet'], { timeout: 120 });
        if (status.status !== 0) unready.push(name);
      }
      return { unready, doctor: said.status === 0 ? '' : said.stdout };
    },
    ({ unready, doctor }) => unready.length === 0 && doctor === '',
  );
}

/**
 * Breaks a cloud in use, one thing after another; each is mended before the next. Tells of each the longest time that
 * a user was without an answer. Gives how many failed: the first one ends it. It begins with the one whose name
 * has `from` in it.
 */
export async function breakAll(cloud: Cloud, say: (line: string) => void, from = ''): Promise<number> {
  const watch = await startWatch(cloud.lab, PUBLIC, cloud.floating);
  try {
    await answered(watch, 120, 'the user has answers');
    for (const one of BREAKS.slice(BREAKS.findIndex(({ name }) => name.includes(from))))
      await breakOne(cloud, watch, one, say);
    say(`afterwards: ${await furtherServers(cloud)}`);
    return 0;
  } catch (error) {
    say(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    watch.stop();
  }
}

async function breakOne(cloud: Cloud, watch: Watch, one: Break, say: (line: string) => void): Promise<void> {
  const began = Date.now();
  say(`${one.name} …`);
  say(`  ${await one.act(cloud)}`);
  await answered(watch, one.limit, 'the user has answers again');
  await healthy(cloud);
  const gaps = watch.longest(began);
  const worst = [...gaps].map(([probe, gap]) => `${probe} ${gap.toFixed(1)} s`).join(', ');
  say(
    `  longest time without an answer: ${worst}; all well after ${((Date.now() - began) / 1000).toFixed(0)} s`,
  );
  const over = [...gaps].filter(([, gap]) => gap > one.limit).map(([probe]) => probe);
  if (over.length > 0) throw new Error(`${over.join(', ')} had no answer for more than ${one.limit} s`);
}
