import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Trial } from '../chaos/trial.ts';
import { root } from '../fixtures.ts';
import type { LabHost } from '../lab/lab.ts';
import { untilAll } from './fleet.ts';

const SCRIPT = readFileSync(join(root, 'test/bench-lab/plain.sh'), 'utf8');
/** Units of ours that do anything by themselves. What they say no to is what this measures. */
const UNITS = [
  'stackseed.target',
  'stackseed.timer',
  'stackseed@.service',
  'stackseed-galera.path',
  'stackseed-recheck.service',
  'stackseed-resume.service',
  'stackseed-rabbitmq-elect.timer',
  'stackseed-rabbitmq-watch.timer',
];
/** Where clusters keep what they know, below the root of a disk, and what cloud-init knows of its own runs. */
const DATA = ['mysql', 'pacemaker', 'corosync', 'redis', 'cloud'].map((name) => `var/lib/${name}`);

/**
 * Seconds from power-on until the clusters are up, started in the right order by a program that knows
 * it. The controllers must stand; their files stay, their data go, and nothing of ours decides anything.
 */
export async function plainStart(trial: Trial): Promise<number> {
  const { controllers } = trial;
  for (const host of controllers) await host.powerOff();
  for (const host of controllers) prepare(join(trial.lab.folder, 'hosts', host.name, 'upper'));
  const began = Date.now();
  await Promise.all(controllers.map((host) => host.powerOn()));
  const configured = ['systemctl', 'is-active', '--quiet', 'cloud-config.service'];
  await untilAll(trial, async (host) => (await host.exec(configured)).status === 0, configured.join(' '));
  await Promise.all([database(controllers), addresses(controllers), queue(controllers), redis(controllers)]);
  return (Date.now() - began) / 1000;
}

/** The disk of a host that is off: first boot again for cloud-init and the clusters, with all files there. */
function prepare(upper: string): void {
  for (const path of DATA) rmSync(join(upper, path), { recursive: true, force: true });
  // The cookie is one of the files.
  const rabbit = join(upper, 'var/lib/rabbitmq');
  for (const name of readdirSync(rabbit))
    if (!name.startsWith('.')) rmSync(join(rabbit, name), { recursive: true, force: true });
  for (const unit of UNITS) {
    const folder = join(upper, 'etc/systemd/system', `${unit}.d`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'zz-plain.conf'), '[Unit]\nConditionPathExists=/nonexistent\n');
  }
}

async function step(host: LabHost, verb: string, ...words: string[]): Promise<void> {
  const { status, stderr } = await host.exec(['bash', '-s', verb, ...words], { input: SCRIPT, timeout: 300 });
  if (status !== 0) throw new Error(`${host.name}: ${verb}: status ${status}\n${stderr.slice(-2000)}`);
}

async function database([first, ...others]: LabHost[]): Promise<void> {
  if (!first) return;
  const history = randomUUID();
  await step(first, 'database_first', history);
  const addresses = [await manageAddress(first)];
  for (const host of others) {
    await step(host, 'database_join', addresses.join(','));
    addresses.push(await manageAddress(host));
  }
}

async function addresses(hosts: LabHost[]): Promise<void> {
  await Promise.all(hosts.map((host) => step(host, 'cluster')));
  await Promise.all(hosts.map((host) => step(host, 'cluster_up', String(hosts.length))));
}

async function queue([first, ...others]: LabHost[]): Promise<void> {
  if (!first) return;
  await Promise.all([first, ...others].map((host) => step(host, 'queue')));
  for (const host of others) await step(host, 'queue_join', first.name);
}

async function redis(hosts: LabHost[]): Promise<void> {
  await Promise.all(hosts.map((host) => step(host, 'redis')));
}

async function manageAddress(host: LabHost): Promise<string> {
  return host.must(['bash', '-c', '. /etc/stackseed/node.env; printf %s "$STACKSEED_MANAGE_ADDRESS"']);
}
