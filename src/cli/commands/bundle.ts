import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ISO_NAME, isHostName, readHostFolder } from '../../pack/host-folder.ts';
import { openOut, writeArchive } from '../../pack/index.ts';
import type { Tree } from '../../render/tree.ts';
import { FindingsError } from '../../report/finding.ts';
import { type Context, fileFrom } from '../context.ts';
import { count } from '../table.ts';

/** Packs the seeds that lie in the output folder as they are, ISOs left out: those hold the same once more. */
export async function bundle(context: Context, target: string, options: { out: string }): Promise<void> {
  const folder = fileFrom(context, options.out);
  if (!existsSync(join(folder, 'hosts'))) throw nothing(folder);
  // Nobody changes them meanwhile.
  const out = await openOut(folder);
  const seeds = new Map<string, Tree>();
  try {
    for (const name of (await readdir(out.hosts)).sort().filter(isHostName)) {
      const host = await readHostFolder(join(out.hosts, name));
      const files = [...(host?.files ?? [])].filter(([file]) => file !== ISO_NAME);
      seeds.set(name, new Map(files.map(([file, { content }]) => [file, { content, mode: '0600' }])));
    }
  } finally {
    await out.close();
  }
  if (seeds.size === 0) throw nothing(folder);
  await writeArchive(fileFrom(context, target), seeds);
  if (!context.quiet) context.stdout.write(`${count(seeds.size, 'seed')} in ${target}\n`);
}

function nothing(folder: string): FindingsError {
  return new FindingsError([
    {
      severity: 'error',
      code: 'no-seeds',
      path: 'out',
      message: `there are no seeds in ${folder}`,
      hint: 'make them by `stackseed generate`, or say where they are (--out)',
    },
  ]);
}
