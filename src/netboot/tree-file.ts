import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { netbootProblem } from './problem.ts';
import type { TreeFile } from './types.ts';

export const TREE_FILE = 'tree.json';

const treeFile = z.strictObject({
  urls: z.strictObject({ http: z.string().regex(/^http:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?$/) }),
  images: z.record(z.string(), z.record(z.string(), z.string())),
});

/** @throws FindingsError "no-tree" where there is no tree, "tree-unreadable" where it is another's */
export async function readTreeFile(folder: string): Promise<TreeFile> {
  const file = join(folder, TREE_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR' ? noTree(folder) : error;
  });
  try {
    return treeFile.parse(JSON.parse(text));
  } catch {
    const hint = 'build the tree anew: `stackseed pxe`';
    throw netbootProblem('tree-unreadable', 'pxe', `${file} is not what stackseed writes`, hint);
  }
}

function noTree(folder: string): Error {
  const hint = 'build it by `stackseed pxe`, or say where it is (-o)';
  return netbootProblem('no-tree', 'pxe', `there is no network-boot tree in ${folder}`, hint);
}
