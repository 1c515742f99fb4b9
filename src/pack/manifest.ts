import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from './atomic-write.ts';
import { explainSystemError } from './problem.ts';

/** What was written for a host. */
export interface ManifestHost {
  /** Digest of all that went in, and short ones of its parts by name, hex. */
  input: string;
  parts: Record<string, string>;
  /** The digest that the seed's instance-id stands for, hex. */
  seed: string;
  /** SHA-256 of each file, hex, by name. */
  files: Record<string, string>;
}

/** A file as it was when its digest was last known: size, time of its last change in ms, start of the digest. */
export type Stamp = [size: number, mtimeMs: number, digest: string];

/**
 * What this program knows of an output folder. manifest.json says what it wrote, and is made again to the byte
 * with the rest. `.stamps` only saves reading what did not change, and may be removed. `.journal` holds digests
 * of what a run was about to put in place: a run that was killed has left files that the manifest does not know.
 */
export interface Manifest {
  hosts: Map<string, ManifestHost>;
  stamps: Map<string, Record<string, Stamp>>;
  /** Digests by host that runs without an end may have left; a host that is made right is taken out. */
  left: Map<string, Set<string>>;
  /** False where there was no manifest, or none that can be read. */
  found: boolean;
}

export const MANIFEST = 'manifest.json';
const STAMPS = '.stamps';
const JOURNAL = '.journal';

/** Reads what is known of the folder; nothing where it is missing. */
export function readManifest(folder: string): Manifest {
  const hosts = parsed(join(folder, MANIFEST), isManifest)?.hosts;
  const stamps = parsed(join(folder, STAMPS), isRecord) ?? {};
  return {
    hosts: new Map(Object.entries(hosts ?? {})),
    stamps: new Map(Object.entries(stamps as Record<string, Record<string, Stamp>>)),
    left: readJournal(join(folder, JOURNAL)),
    found: hosts !== undefined,
  };
}

/** Notes digests of files before they are put in place. It has to outlive this program, not the machine's power. */
export interface Journal {
  note(host: string, digests: string[]): void;
  close(): void;
}

export function openJournal(folder: string): Journal {
  const path = join(folder, JOURNAL);
  let file: number | undefined;
  return {
    note(host, digests) {
      file ??= openSync(path, 'a', 0o600);
      appendFileSync(file, `${JSON.stringify([host, ...digests])}\n`);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/**
 * Writes the manifest unless it says the same already, and then drops the journal but for hosts that the run has
 * not come to.
 */
export async function writeManifest(folder: string, { hosts, stamps, left, found }: Manifest): Promise<void> {
  if (!found && hosts.size === 0 && left.size === 0) return;
  try {
    await writeChanged(
      join(folder, MANIFEST),
      `${JSON.stringify({ version: 1, hosts: sorted(hosts) }, null, 1)}\n`,
    );
    await writeChanged(join(folder, STAMPS), JSON.stringify(sorted(stamps)));
    const lines = [...left].map(([host, digests]) => `${JSON.stringify([host, ...digests])}\n`);
    if (lines.length > 0) await writeAtomic(join(folder, JOURNAL), lines.join(''));
    else await rm(join(folder, JOURNAL), { force: true });
  } catch (error) {
    throw explainSystemError(error, join(folder, MANIFEST));
  }
}

async function writeChanged(path: string, text: string): Promise<void> {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) await writeAtomic(path, text);
}

function sorted<T>(map: Map<string, T>): Record<string, T> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parsed<T>(path: string, fits: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return fits(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is { hosts: Record<string, ManifestHost> } {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['hosts'])) return false;
  return Object.values(value['hosts']).every(
    (host) =>
      isRecord(host) &&
      typeof host['input'] === 'string' &&
      typeof host['seed'] === 'string' &&
      isRecord(host['parts']) &&
      isRecord(host['files']),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The last line may have been cut off. */
function readJournal(path: string): Map<string, Set<string>> {
  const left = new Map<string, Set<string>>();
  if (!existsSync(path)) return left;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, host, digests] = /^\["([a-z0-9-]+)"((?:,"[0-9a-f]{64}")*)\]$/.exec(line) ?? [];
    if (host === undefined) continue;
    const known = left.get(host) ?? new Set();
    for (const [digest] of (digests ?? '').matchAll(/[0-9a-f]{64}/g)) known.add(digest);
    left.set(host, known);
  }
  return left;
}
