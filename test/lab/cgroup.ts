import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Everything that runs for a lab is in a cgroup of the lab. So what is left of a run that was killed is
 * found without a list of process ids, and no id that was given to somebody else is ever killed.
 */
export function cgroupRoot(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const places = mounts.map((line) => line.split(' ')).filter(([, , type]) => type === 'cgroup2');
  const place = places.map(([, folder = '']) => folder).sort()[0];
  if (!place) throw new Error('a lab needs cgroup2, and it is not mounted here');
  return place;
}

export async function makeCgroup(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Whether any process is in the cgroup or below it. */
export async function isPopulated(folder: string): Promise<boolean> {
  const events = await readFile(join(folder, 'cgroup.events'), 'utf8').catch(() => '');
  return events.includes('populated 1');
}

/** Process ids in the cgroup itself, as seen from here. */
export async function members(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

/** Process ids in the cgroup and below it. */
export function allMembers(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const below = readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' });
  return below
    .filter((entry) => entry.name === 'cgroup.procs')
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
    .filter(Boolean)
    .map(Number);
}

/** SIGKILL to all that is in the cgroup, at one moment, and then the cgroup goes. */
export async function killCgroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  // Linux 5.14 and later.
  await writeFile(join(folder, 'cgroup.kill'), '1');
  for (let tries = 0; await isPopulated(folder); tries += 1) {
    if (tries > 1000) throw new Error(`processes in ${folder} do not die: ${allMembers(folder).join(' ')}`);
    await sleep(10);
  }
  await removeTree(folder);
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder);
}

/**
 * Words in front of a command that put it into a cgroup before it starts. The command's own words follow.
 * The cgroup must exist.
 */
export function inCgroup(folder: string): string[] {
  return ['sh', '-c', 'echo 0 >"$0/cgroup.procs" && exec "$@"', folder];
}
