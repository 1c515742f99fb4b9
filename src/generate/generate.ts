import { join } from 'node:path';
import {
  embeddedBuilder,
  ISOS_AT_ONCE,
  type IsoBuilder,
  mapConcurrent,
  xorrisoBuilder,
} from '../iso9660-builder/index.ts';
import {
  explainSystemError,
  inspectHost,
  type Journal,
  listStale,
  MANIFEST,
  type Manifest,
  type Out,
  openJournal,
  openOut,
  packHost,
  pruneHost,
  stampOf,
  writeAtomic,
  writeManifest,
} from '../pack/index.ts';
import { formatLock, type Lock } from '../plan/lock.ts';
import type { HostPlan } from '../plan/types.ts';
import { type Finding, FindingsError } from '../report/finding.ts';
import { inputDigest, partDigests } from './input.ts';
import { installerPlanned, type Prepared, prepare, renderPlanned } from './prepare.ts';
import { generationOf, signedPlanned } from './signed.ts';
import { sizeFinding } from './size.ts';
import type { Fleet, GenerateOptions, GenerateReport, HostOutcome } from './types.ts';

export { installerPlanned, renderPlanned } from './prepare.ts';

/** A run at work: what it was made of, and where it writes. */
interface Run extends Prepared {
  out: Out;
  journal: Journal;
  iso: IsoBuilder | undefined;
  overwrite: boolean;
}

/**
 * Brings out/ in line with the inventory, host by host, each whole or not at all. A host is rendered only where
 * what goes in, or what lies in out/, is not what the manifest says. Drawn addresses and the cluster are in the
 * lock before the first seed that uses them, so a run that is killed anywhere is made good by the next one.
 * @throws FindingsError with everything found
 */
export async function generateFleet(options: GenerateOptions): Promise<GenerateReport> {
  const prepared = await prepare(options);
  const { fleet, lock, manifest, findings } = prepared;
  const out = await openOut(options.out);
  const journal = openJournal(out.folder);
  const iso = options.iso ? builderOf(options) : undefined;
  const run: Run = { ...prepared, out, journal, iso, overwrite: options.overwrite ?? false };
  try {
    await saveLock(fleet, lock);
    let done = 0;
    const hosts = await mapConcurrent(fleet.plan.hosts, ISOS_AT_ONCE, async (host) => {
      options.signal?.throwIfAborted();
      const outcome = await makeHost(run, host);
      options.progress?.(++done, fleet.plan.hosts.length, host.name);
      return outcome;
    });
    const stale = listStale(out, presentHosts(fleet));
    if (options.prune) for (const name of stale) await prune(run, name);
    const [left, pruned] = options.prune ? [[], stale] : [stale, []];
    findings.push(...hosts.flatMap((outcome) => editedFinding(out, outcome)));
    return { out: out.folder, hosts, stale: left, pruned, findings };
  } finally {
    journal.close();
    // Also after a failure: what was written has its generation, and is known as ours.
    await saveLock(fleet, lock)
      .then(() => writeManifest(out.folder, manifest))
      .finally(() => out.close());
  }
}

function builderOf({ isoBuilder, signal }: GenerateOptions): IsoBuilder {
  return isoBuilder === 'embedded' ? embeddedBuilder() : xorrisoBuilder(signal ? { signal } : {});
}

export function presentHosts(fleet: Fleet): string[] {
  const hosts = Object.entries(fleet.inventory.hosts);
  return hosts.filter(([, host]) => host.state !== 'absent').map(([name]) => name);
}

async function makeHost(run: Run, host: HostPlan): Promise<HostOutcome> {
  const { fleet, lock, manifest, secrets, out, iso, findings } = run;
  const { name } = host;
  const parts = run.inputs.partsOf(host);
  const input = inputDigest(parts);
  const before = lock.hosts.get(name);
  const folder = join(out.hosts, name);
  const entry = manifest.hosts.get(name);
  if (entry?.input === input && isWhole(folder, manifest, name, iso !== undefined)) {
    const generation = count(lock, name, entry.seed);
    manifest.left.delete(name);
    return { host: name, outcome: 'kept', written: [], generation };
  }
  const seed = renderPlanned(fleet, host, secrets);
  const limit = sizeFinding(fleet.inventory.target ?? 'iso', name, seed.tree);
  if (limit) throw new FindingsError([...findings, limit]);
  const known = run.overwrite ? undefined : knownDigests(manifest, name);
  const signed = signedPlanned(fleet, host, lock, seed, secrets);
  const packed = await packHost(out, name, signed, iso, installerPlanned(fleet, host, signed), {
    ...(known && { known }),
    note(digests) {
      run.journal.note(name, digests);
      manifest.left.set(name, new Set([...(manifest.left.get(name) ?? []), ...digests]));
    },
  });
  if (packed.edited.length > 0)
    return {
      host: name,
      outcome: 'edited',
      written: [],
      edited: packed.edited,
      generation: before?.generation ?? 0,
    };
  manifest.hosts.set(name, {
    input,
    parts: partDigests(parts),
    seed: seed.digest,
    files: inOrder(packed.digests),
  });
  manifest.stamps.set(name, stampsOf(folder, packed.digests));
  manifest.left.delete(name);
  const created = packed.written.includes('meta-data') && !before;
  return {
    host: name,
    outcome: packed.unchanged ? 'kept' : created ? 'created' : 'changed',
    written: packed.written,
    generation: count(lock, name, seed.digest),
  };
}

/** Whether all that was written is there as it was; with a wanted ISO, that too. Stamps are refreshed. */
function isWhole(folder: string, manifest: Manifest, name: string, iso: boolean): boolean {
  const entry = manifest.hosts.get(name);
  if (!entry || (iso && !('seed.iso' in entry.files))) return false;
  const stamps = manifest.stamps.get(name);
  const { edited, missing, open, foreign, stale } = inspectHost(folder, entry, stamps);
  if (edited.length + missing.length + open.length + foreign.length > 0) return false;
  if (stale) manifest.stamps.set(name, stampsOf(folder, entry.files));
  return true;
}

/** Digests of what this program may have written for a host; undefined where it knows of nothing. */
export function knownDigests(manifest: Manifest, name: string): Set<string> | undefined {
  const entry = manifest.hosts.get(name);
  const left = manifest.left.get(name);
  return entry ? new Set([...Object.values(entry.files), ...(left ?? [])]) : undefined;
}

function stampsOf(
  folder: string,
  digests: Record<string, string>,
): Record<string, ReturnType<typeof stampOf>> {
  return Object.fromEntries(
    Object.entries(inOrder(digests)).map(([name, digest]) => [name, stampOf(join(folder, name), digest)]),
  );
}

function inOrder<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Puts the host's digest into the lock, and gives the generation that it has by it. */
function count(lock: Lock, name: string, digest: string): number {
  const generation = generationOf(lock, name, digest);
  lock.hosts.set(name, { generation, digest });
  return generation;
}

async function prune({ out, manifest }: Run, name: string): Promise<void> {
  await pruneHost(out, name);
  manifest.hosts.delete(name);
  manifest.stamps.delete(name);
  manifest.left.delete(name);
}

function editedFinding(out: Out, { host, edited }: HostOutcome): Finding[] {
  if (!edited) return [];
  return [
    {
      severity: 'error',
      code: 'seed-edited',
      path: `hosts.${host}`,
      message: `${edited.join(', ')} in ${join(out.hosts, host)} ${edited.length > 1 ? 'are' : 'is'} not what was generated: the host is left as it is`,
      hint: `put what you changed into the inventory, or have it written over (--overwrite); ${MANIFEST} has the digests`,
    },
  ];
}

/** Writes the lock unless it says the same already. */
async function saveLock(fleet: Fleet, lock: Lock): Promise<void> {
  const text = formatLock(lock);
  if (text === formatLock(fleet.lock)) return;
  await writeAtomic(fleet.paths.lock, text, 0o644).catch((error: unknown) => {
    throw explainSystemError(error, fleet.paths.lock);
  });
}
