import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { generateFleet } from '../../src/generate/generate.ts';
import { standing } from './database.ts';
import { type Trial, until } from './trial.ts';

/** Changes an inventory before seeds are made of it. */
export type Edit = (inventory: Document) => void;

export const absent =
  (host: string): Edit =>
  (inventory) =>
    inventory.setIn(['hosts', host, 'state'], 'absent');

/** Something that all controllers share, so that it counts as another generation of the cluster. */
export const moreMemory: Edit = (inventory) =>
  inventory.setIn(['groups', 'controllers', 'settings', 'memcached', 'memory'], 128);

/**
 * Seeds of the lab's inventory with changes, of the same secrets and lock, so that the generation of the
 * cluster goes on. Gives the folder for `seed`; the lab's own seeds stay as they are.
 */
export async function otherSeeds(trial: Trial, name: string, ...edits: Edit[]): Promise<string> {
  const folder = join(trial.lab.folder, 'generations', name);
  mkdirSync(folder, { recursive: true });
  const inventory = join(folder, 'inventory.yaml');
  const document = parseDocument(readFileSync(trial.lab.inventory(), 'utf8'));
  for (const edit of edits) edit(document);
  writeFileSync(inventory, document.toString());
  const out = join(folder, 'out');
  const platform = trial.lab.platform();
  await generateFleet({
    inventory,
    ...(platform && { platform }),
    secrets: join(trial.lab.folder, 'secrets.yaml'),
    lock: join(trial.lab.folder, 'stackseed.lock'),
    out,
    iso: true,
    prune: true,
  });
  return out;
}

/** Puts seeds of a folder into the drives of hosts; they count from the next start. */
export async function insert(trial: Trial, folder: string, names: string[]): Promise<void> {
  for (const name of names) await trial.host(name).seed(folder);
}

/** Reboots hosts one after another, each after the one before has its database back. */
export async function rebootEach(trial: Trial, names: string[]): Promise<void> {
  for (const name of names) {
    await trial.host(name).reboot();
    await until(300, `the database of ${name} is back`, async () => {
      const { cluster, state } = await standing(trial.host(name));
      return cluster === 'Primary' && state === 'Synced';
    });
  }
}

/** The lab's own seeds, of a later generation than any other, for all controllers. */
export async function ownSeeds(trial: Trial): Promise<void> {
  await insert(
    trial,
    await trial.lab.generate(),
    trial.controllers.map(({ name }) => name),
  );
}

/** What a component of a host waits for or has halted with; all of its components when none is named. */
export async function reasons(trial: Trial, host: string, component?: string): Promise<string[]> {
  const { stdout } = await trial.host(host).exec(['stackseed-node', 'status', '--json'], { timeout: 40 });
  const found: { name: string; state: string; reason: string }[] = stdout
    ? JSON.parse(stdout).components
    : [];
  return found
    .filter(({ name, state }) => state !== 'healthy' && (component ?? name) === name)
    .map(({ name, state, reason }) => `${name} ${state}: ${reason}`);
}

/** Generation and text of the configuration that Pacemaker runs, as a node has it. */
export async function runningCib(trial: Trial, host: string): Promise<{ generation: number; text: string }> {
  const { stdout } = await trial.host(host).exec(['cibadmin', '--query', '--local'], { timeout: 20 });
  return { generation: Number(/admin_epoch="(\d+)"/.exec(stdout)?.[1] ?? -1), text: stdout };
}
