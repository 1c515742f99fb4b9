import { fileURLToPath } from 'node:url';
import type { Finding } from '../report/finding.ts';
import { checkLibrary } from './check.ts';
import { type Entries, type Entry, readFolder } from './entries.ts';
import type { Library } from './types.ts';

/** The library that comes with stackseed: two folders up from here both in src/ and in dist/. */
export const BUILT_IN = fileURLToPath(new URL('../../cloud-config', import.meta.url));

let known: Entries | undefined;

/** Read once: it does not change while the program runs. */
function builtIn(): Entries {
  known ??= readFolder(BUILT_IN);
  return known;
}

/**
 * Reads stackseed's own library and then the user's folders, each with components/, roles/ and
 * platforms/. Synchronous. What is broken is left out of the library and becomes a finding.
 */
export function loadLibrary(folders: string[]): { library: Library; findings: Finding[] } {
  return loadFolders([BUILT_IN, ...folders]);
}

/** The same without stackseed's own; a later folder may replace what an earlier one has. */
export function loadFolders(folders: string[]): { library: Library; findings: Finding[] } {
  const all: Entries = { platforms: [], roles: [], components: [], findings: [] };
  for (const folder of folders) {
    const entries = folder === BUILT_IN ? builtIn() : readFolder(folder);
    all.findings.push(...entries.findings);
    merge('platform', all.platforms, entries.platforms, all.findings);
    merge('role', all.roles, entries.roles, all.findings);
    merge('component', all.components, entries.components, all.findings);
  }
  const library: Library = {
    platforms: byName(all.platforms),
    roles: byName(all.roles),
    components: byName(all.components),
  };
  return { library, findings: [...all.findings, ...checkLibrary(library, all)] };
}

function merge<T>(kind: string, known: Entry<T>[], added: Entry<T>[], findings: Finding[]): void {
  for (const entry of added) {
    const index = known.findIndex((other) => other.name === entry.name);
    const other = known[index];
    if (other && !entry.replaces) {
      const hint = `rename it, or write "replaces: true" to use it instead of ${other.document.file}`;
      findings.push(conflict(entry, `a ${kind} ${entry.name} exists already`, hint, []));
    } else if (!other && entry.replaces) {
      const hint = 'take "replaces" out, or correct the name';
      findings.push(conflict(entry, `there is no ${kind} ${entry.name} to replace`, hint, ['replaces']));
      known.push(entry);
    } else if (other) {
      known[index] = entry;
    } else {
      known.push(entry);
    }
  }
}

function conflict<T>(entry: Entry<T>, message: string, hint: string, path: string[]): Finding {
  const finding: Finding = { severity: 'error', code: 'replaces', path: path.join('.'), message, hint };
  const place = entry.document.locate(path, 'key');
  if (place) finding.place = place;
  return finding;
}

function byName<T>(entries: Entry<T>[]): Map<string, T> {
  return new Map(entries.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}
