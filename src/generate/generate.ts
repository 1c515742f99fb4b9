import {
  embeddedBuilder,
  ISOS_AT_ONCE,
  type IsoBuilder,
  mapConcurrent,
  xorrisoBuilder,
} from '../iso9660-builder/index.ts';
import {
  explainSystemError,
  listStale,
  type Out,
  openOut,
  packHost,
  pruneHost,
  writeAtomic,
} from '../pack/index.ts';
import { formatLock, type Lock } from '../plan/lock.ts';
import type { HostPlan } from '../plan/types.ts';
import { type HostTree, renderHost } from '../render/host-tree.ts';
import { TemplateError } from '../render/template.ts';
import { type Finding, FindingsError } from '../report/finding.ts';
import { readSecrets, type Secrets } from '../secrets/index.ts';
import { givenFor, lockedCluster } from './given.ts';
import { loadFleet, refuse } from './load.ts';
import { sizeFinding } from './size.ts';
import type { Fleet, GenerateOptions, GenerateReport, HostOutcome } from './types.ts';

/**
 * Brings out/ in line with the inventory, host by host, each whole or not at all. Drawn addresses and the
 * cluster are in the lock before the first seed that uses them, so a run that is killed anywhere is made good by
 * the next one.
 * @throws FindingsError with everything found
 */
export async function generateFleet(options: GenerateOptions): Promise<GenerateReport> {
  const fleet = await loadFleet(options.inventory, options);
  const { secrets, findings: ofSecrets } = await readSecrets(fleet.paths.secrets, options.keys);
  const findings = [...fleet.findings, ...ofSecrets];
  if (!secrets) throw new FindingsError(findings);
  if (secrets.fleet && secrets.fleet !== fleet.inventory.fleet) findings.push(otherFleet(fleet, secrets));
  refuse(findings, options.strict);
  const cluster = lockedCluster(fleet.plan, fleet.lock, secrets);
  const lock: Lock = {
    addresses: fleet.addresses.drawn,
    hosts: new Map(fleet.lock.hosts),
    ...(cluster && { cluster }),
  };
  const out = await openOut(options.out);
  try {
    await saveLock(fleet, lock);
    const iso = options.iso ? builderOf(options) : undefined;
    let done = 0;
    const hosts = await mapConcurrent(fleet.plan.hosts, ISOS_AT_ONCE, async (host) => {
      options.signal?.throwIfAborted();
      const seed = renderPlanned(fleet, host, secrets);
      const limit = sizeFinding(fleet.inventory.target ?? 'iso', host.name, seed.tree);
      if (limit) throw new FindingsError([...findings, limit]);
      const outcome = await makeHost(out, host, seed, lock, iso);
      options.progress?.(++done, fleet.plan.hosts.length, host.name);
      return outcome;
    });
    const stale = await listStale(out, presentHosts(fleet));
    if (options.prune) for (const name of stale) await pruneHost(out, name);
    const [left, pruned] = options.prune ? [[], stale] : [stale, []];
    return { out: out.folder, hosts, stale: left, pruned, findings };
  } finally {
    // Also after a failure: what was written has its generation.
    await saveLock(fleet, lock).finally(() => out.close());
  }
}

function builderOf({ isoBuilder, signal }: GenerateOptions): IsoBuilder {
  return isoBuilder === 'embedded' ? embeddedBuilder() : xorrisoBuilder(signal ? { signal } : {});
}

function presentHosts(fleet: Fleet): string[] {
  const hosts = Object.entries(fleet.inventory.hosts);
  return hosts.filter(([, host]) => host.state !== 'absent').map(([name]) => name);
}

/** Renders one host of a fleet. What a template does wrong is a finding that names it and its line. */
export function renderPlanned(fleet: Fleet, host: HostPlan, secrets: Secrets): HostTree {
  const given = givenFor(fleet.plan, host, fleet.lock, secrets);
  try {
    return renderHost(host, fleet.plan.fleet, fleet.library, given);
  } catch (error) {
    throw error instanceof TemplateError ? new FindingsError([templateFinding(error, host.name)]) : error;
  }
}

function otherFleet({ paths, inventory }: Fleet, secrets: Secrets): Finding {
  return {
    severity: 'warning',
    code: 'secrets-other-fleet',
    path: 'fleet',
    message: `${paths.secrets} was made for the fleet ${secrets.fleet}, and this is ${inventory.fleet}`,
    hint: 'two fleets that share their secrets accept each other; give this one a file of its own',
  };
}

function templateFinding(error: TemplateError, host: string): Finding {
  return {
    severity: 'error',
    code: 'template-failed',
    path: `hosts.${host}`,
    message: error.message,
    hint: 'the template is at fault, or a setting that it prints is empty',
  };
}

async function makeHost(
  out: Out,
  host: HostPlan,
  seed: HostTree,
  lock: Lock,
  iso: IsoBuilder | undefined,
): Promise<HostOutcome> {
  const packed = await packHost(out, host.name, seed.tree, iso);
  const before = lock.hosts.get(host.name);
  const same = before?.digest === seed.digest;
  const generation = same ? before.generation : (before?.generation ?? 0) + 1;
  lock.hosts.set(host.name, { generation, digest: seed.digest });
  const created = packed.written.includes('meta-data') && !before;
  return {
    host: host.name,
    outcome: packed.unchanged ? 'kept' : created ? 'created' : 'changed',
    written: packed.written,
    generation,
  };
}

/** Writes the lock unless it says the same already. */
async function saveLock(fleet: Fleet, lock: Lock): Promise<void> {
  const text = formatLock(lock);
  if (text === formatLock(fleet.lock)) return;
  await writeAtomic(fleet.paths.lock, text, 0o644).catch((error: unknown) => {
    throw explainSystemError(error, fleet.paths.lock);
  });
}
