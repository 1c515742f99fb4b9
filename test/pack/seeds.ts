import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { IsoBuilder } from '../../src/iso9660-builder/index.ts';
import type { Tree } from '../../src/render/tree.ts';

/** A seed that says of each file which version it is. */
export function seed(version: string, names = ['meta-data', 'network-config', 'user-data']): Tree {
  return new Map(names.map((name) => [name, { content: `${name} ${version}\n`, mode: '0600' }]));
}

/** What is in a folder: text by name, "/" behind the names of folders. */
export function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) found[`${entry.name}/`] = '';
    else found[entry.name] = readFileSync(join(folder, entry.name), 'utf8');
  }
  return found;
}

export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Stands in where the image itself does not matter. */
export function failingBuilder(error: Error): IsoBuilder {
  return { build: () => Promise.reject(error) };
}
