import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FindingsError } from '../../report/finding.ts';
import { type Context, type FleetOptions, inventoryFile } from '../context.ts';
import { packageRoot } from '../package.ts';

/** Writes an inventory to start from. What is there already stays. */
export async function init(context: Context, options: FleetOptions & { memo?: boolean }): Promise<void> {
  const file = inventoryFile(context, options);
  const source = join(packageRoot, 'examples', options.memo ? 'memo' : 'starter', 'inventory.yaml');
  // Not recursive: in /proc that never comes to an end.
  await mkdir(dirname(file)).catch((error: unknown) => {
    if (!isExisting(error)) throw error;
  });
  await writeFile(file, await readFile(source), { flag: 'wx' }).catch((error: unknown) => {
    throw isExisting(error) ? exists(file) : error;
  });
  if (context.quiet) return;
  const named = options.inventory === undefined ? '' : ` -i ${options.inventory}`;
  const next = ['validate', 'secrets init', 'generate'].map((words) => `  stackseed ${words}${named}\n`);
  context.stdout.write(`${file} is yours to edit now. Then:\n${next.join('')}`);
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function exists(file: string): FindingsError {
  return new FindingsError([
    {
      severity: 'error',
      code: 'inventory-exists',
      path: '',
      message: `${file} exists already and is not overwritten`,
      hint: 'name another file with -i, or move that one away',
    },
  ]);
}
