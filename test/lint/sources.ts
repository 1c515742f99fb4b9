import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { root } from '../fixtures.ts';

/** Folders that hold what was built, fetched or generated. */
const NOT_OURS = ['node_modules', 'dist', 'out', '.git', '.cache'];

/** Every file of the repository by its path, sorted, with what was not written here left out. */
export function files(folder = ''): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .filter(({ name }) => folder !== '' || !NOT_OURS.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return files(path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Shell by its name or its first line. */
export function isShell(path: string): boolean {
  if (path.endsWith('.sh')) return true;
  if (path.includes('/golden/') || statSync(join(root, path)).size > 1_000_000) return false;
  return /^#!.*\b(ba|da)?sh\b/.test(read(path).split('\n', 1)[0] ?? '');
}

export interface Import {
  /** Module as it is written, or path in the repository where it is relative. */
  target: string;
  typeOnly: boolean;
  /** Loaded when it is needed, not with the module. */
  later: boolean;
}

/** What a module of ours imports, re-exports or loads later on. */
export function importsOf(path: string): Import[] {
  const text = read(path);
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  );
  const later = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  const found = [
    ...[...statements].map((match) => ({
      target: match[2] ?? '',
      typeOnly: match[1] !== undefined,
      later: false,
    })),
    ...[...later].map((match) => ({ target: match[1] ?? '', typeOnly: false, later: true })),
  ];
  return found.map(({ target, ...rest }) => ({
    target: target.startsWith('.') ? normalize(join(path, '..', target)) : target,
    ...rest,
  }));
}
