import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hostFolders, openOut, readHostTree } from '../pack/index.ts';
import type { Tree } from '../render/tree.ts';
import { FindingsError } from '../report/finding.ts';

/**
 * The seeds in an output folder by host, as they lie there, images left out.
 * @throws FindingsError where there are none, or not all that are wanted
 */
export async function readSeeds(folder: string, wanted: string[] | undefined): Promise<Map<string, Tree>> {
  if (!existsSync(join(folder, 'hosts'))) throw nothing(folder);
  // Nobody changes them meanwhile.
  const out = await openOut(folder);
  const seeds = new Map<string, Tree>();
  try {
    for (const name of hostFolders(out.folder).filter((one) => wanted?.includes(one) ?? true))
      seeds.set(name, readHostTree(join(out.hosts, name)) ?? new Map());
  } finally {
    await out.close();
  }
  const missing = (wanted ?? []).filter((name) => !seeds.has(name));
  if (missing.length > 0) throw nothing(folder, ` of ${missing.join(', ')}`);
  if (seeds.size === 0) throw nothing(folder);
  return seeds;
}

function nothing(folder: string, of = ''): FindingsError {
  return new FindingsError([
    {
      severity: 'error',
      code: 'no-seeds',
      path: 'out',
      message: `there are no seeds${of} in ${folder}`,
      hint: 'make them by `stackseed generate`, or say where they are (--out)',
    },
  ]);
}
