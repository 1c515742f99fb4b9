import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../pack/atomic-write.ts';
import { macInName } from './path.ts';
import type { Arm } from './types.ts';

const NAME = 'arms.json';

export async function readArms(folder: string): Promise<Arm[]> {
  const found: unknown = JSON.parse(await readFile(join(folder, NAME), 'utf8'));
  return Array.isArray(found) ? found.filter(isArm) : [];
}

function isArm(one: unknown): one is Arm {
  if (typeof one !== 'object' || one === null) return false;
  const { host, macs, token }: Record<string, unknown> = { ...one };
  return (
    typeof host === 'string' && Array.isArray(macs) && typeof token === 'string' && /^[\w-]+$/.test(token)
  );
}

/** Boot files of its MAC addresses go first: without them its machine boots its disk, whatever else remains. */
export async function disarm(folder: string, host: string): Promise<void> {
  const arms = await readArms(folder);
  const mine = arms.filter((arm) => arm.host === host);
  const macs = mine.flatMap((arm) => arm.macs);
  for (const part of ['tftp', 'www'])
    for (const file of await readdir(join(folder, part), { recursive: true }).catch(() => []))
      if (macs.includes(macInName(file.split('/').at(-1) ?? '') ?? '-')) await rm(join(folder, part, file));
  for (const { token } of mine) await rm(join(folder, 'www', 't', token), { recursive: true, force: true });
  const rest = arms.filter((arm) => arm.host !== host);
  await writeAtomic(join(folder, NAME), `${JSON.stringify(rest, null, 2)}\n`);
}
