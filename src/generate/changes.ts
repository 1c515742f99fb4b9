import { join } from 'node:path';
import { clusterRole } from '../inventory/cluster-role.ts';
import { inspectHost, type Manifest, readHostTree } from '../pack/index.ts';
import type { HostPlan, Origin } from '../plan/types.ts';
import type { Given } from '../render/given.ts';
import type { Tree } from '../render/tree.ts';
import type { Finding, Place } from '../report/finding.ts';
import { presentHosts } from './generate.ts';
import { changedParts, type InputParts, inputDigest } from './input.ts';
import { loadFleet } from './load.ts';
import { installerPlanned, type Prepared, type PrepareOptions, prepare, renderPlanned } from './prepare.ts';
import { type FileChange, MASK, seedDiff } from './seed-diff.ts';
import { signedPlanned } from './signed.ts';
import type { Fleet } from './types.ts';

export interface ChangesOptions extends PrepareOptions {
  iso: boolean;
  /** Leave the diffs out, which cost most of the time. */
  brief?: boolean;
}

/** Why a host gets another seed: what of its input changed, and where that stands. */
export interface Reason {
  what: string;
  places: { path: string; file: string; line: number; source: string }[];
}

export interface HostChange {
  host: string;
  /** "repair": files are missing or have other modes, the seed is the same; "edited": left, since files were changed. */
  change: 'create' | 'change' | 'repair' | 'edited' | 'remove';
  roles: string[];
  why: Reason[];
  /** Files of out/ that are missing, edited or no longer wanted. */
  out: string[];
  files: FileChange[];
  /** What the machine must do to have it. */
  act: 'boot' | 'reboot' | 'apply' | 'nothing';
}

export interface Changes {
  hosts: HostChange[];
  /** How many are right already. */
  kept: number;
  cluster?: { from: number; to: number; joining: string[]; leaving: string[] };
  findings: Finding[];
}

/** What generate would do, without doing any of it: nothing is written, not even the lock. */
export async function planChanges(options: ChangesOptions): Promise<Changes> {
  const prepared = await prepare(options);
  const { fleet, manifest, findings } = prepared;
  const found = fleet.plan.hosts.flatMap((host) => hostChange(prepared, host, options) ?? []);
  await explain(found, prepared, options);
  const leaving = options.hosts ? [] : gone(manifest, presentHosts(fleet));
  const cluster = clusterChange(prepared);
  return {
    hosts: [...found.map(({ change }) => change), ...leaving],
    kept: fleet.plan.hosts.length - found.length,
    ...(cluster && { cluster }),
    findings,
  };
}

interface Found {
  change: HostChange;
  parts: InputParts;
  before: Record<string, string> | undefined;
}

function hostChange(prepared: Prepared, host: HostPlan, options: ChangesOptions): Found | undefined {
  const { fleet, secrets, manifest, inputs } = prepared;
  const parts = inputs.partsOf(host);
  const entry = manifest.hosts.get(host.name);
  const folder = join(options.out, 'hosts', host.name);
  const state = entry && inspectHost(folder, entry, manifest.stamps.get(host.name));
  const wanted = options.iso && entry !== undefined && !('seed.iso' in entry.files) ? ['seed.iso'] : [];
  const same = entry?.input === inputDigest(parts);
  const left = manifest.left.get(host.name);
  const amiss = state ? [...state.missing, ...state.open, ...wanted] : [];
  if (same && state && amiss.length + state.edited.length + state.foreign.length === 0) return undefined;

  const seed = renderPlanned(fleet, host, secrets);
  const signed = signedPlanned(fleet, host, fleet.lock, seed, secrets);
  const wantedTree: Tree = new Map([...signed, ...(installerPlanned(fleet, host, signed) ?? [])]);
  const present = readHostTree(folder);
  const unchanged = present !== undefined && sameTree(present, wantedTree);
  // A run that was killed wrote what the manifest does not know.
  const edited = entry && !left && !unchanged ? (state?.edited ?? []) : [];
  if (unchanged && amiss.length === 0) return undefined;
  const change = edited.length > 0 ? 'edited' : !present ? 'create' : unchanged ? 'repair' : 'change';
  const masked = () => renderPlanned(fleet, host, secrets, withMasks).tree;
  const before = fleet.lock.hosts.get(host.name);
  return {
    change: {
      host: host.name,
      change: change === 'create' && before?.digest === seed.digest ? 'repair' : change,
      roles: host.roles,
      why: [],
      out: change === 'edited' ? edited : amiss,
      files: change === 'change' && present && !options.brief ? seedDiff(present, wantedTree, masked()) : [],
      act:
        before === undefined
          ? 'boot'
          : before.digest === seed.digest || change === 'edited'
            ? 'nothing'
            : isLive(fleet, host, present, wantedTree)
              ? 'apply'
              : 'reboot',
    },
    parts,
    before: entry?.parts,
  };
}

/** Whether the host can take the seed while it runs: cloud-init writes networks, and that at a boot. */
function isLive(
  { library }: Fleet,
  { platform }: HostPlan,
  present: Tree | undefined,
  wanted: Tree,
): boolean {
  const [before, after] = [present, wanted].map((tree) => tree?.get('network-config')?.content);
  return library.platforms.get(platform)?.liveSeeds === true && String(before) === String(after);
}

function withMasks(given: Given): Given {
  return {
    ...given,
    secrets: (component, label, host) => {
      const [_, ...taken] = given.secrets(component, label, host);
      return [MASK, ...taken.map(() => MASK)];
    },
    certificate: (component, label) => ({ ...given.certificate(component, label), key: MASK }),
  };
}

function sameTree(present: Tree, wanted: Tree): boolean {
  return (
    present.size === wanted.size &&
    [...wanted].every(([name, { content }]) => {
      const there = present.get(name)?.content;
      return there !== undefined && Buffer.from(there).equals(Buffer.from(content));
    })
  );
}

const WORDS: Record<string, string> = {
  host: 'roles, components or platform',
  networks: 'its networks',
  peers: 'the hosts that it talks to',
  openings: 'ports that it opens',
  accounts: 'accounts',
  dns: 'name resolution',
  time: 'time',
  apt: 'where packages come from',
  'phone-home': 'whom it reports to',
  fleet: 'networks, virtual addresses or records of the fleet',
  secrets: 'secrets or certificates',
  library: 'a component or platform of the library',
  packages: 'packages or variables',
  program: 'stackseed itself',
  install: 'how it is installed',
  cluster: 'the cluster of the controllers',
};

/** The parts whose values have a place in the inventory, by the first names of their paths. */
const PATHS: Record<string, string[]> = {
  host: ['platform'],
  networks: ['networks'],
  accounts: ['users'],
  time: ['ntp', 'timezone'],
  'phone-home': ['phone_home'],
};

/** Explaining costs; only hosts that change are planned once more with it. */
async function explain(found: Found[], { fleet }: Prepared, options: ChangesOptions): Promise<void> {
  const changing = found.filter(({ change, before }) => before && change.change === 'change');
  if (changing.length === 0) return;
  const names = changing.map(({ change }) => change.host);
  const explained = await loadFleet(fleet.paths.inventory, { ...options, hosts: names, explain: true });
  const plans = new Map(explained.plan.hosts.map((host) => [host.name, host]));
  for (const { change, parts, before } of changing) {
    const plan = plans.get(change.host);
    change.why = changedParts(before ?? {}, parts).map((part) => ({
      what: WORDS[part] ?? part,
      places: plan ? placesOf(part, plan, (path) => explained.document.locate(path)) : [],
    }));
  }
}

function placesOf(
  part: string,
  host: HostPlan,
  locate: (path: NonNullable<Origin['path']>) => Place | undefined,
): Reason['places'] {
  const paths = PATHS[part] ?? [part];
  const values = host.explain.filter(({ path }) =>
    paths.some((one) => path === one || path.startsWith(`${one}.`)),
  );
  const places = values.flatMap(({ path, origin }) => {
    const place = origin.path && locate(origin.path);
    const source = path.endsWith('password_hash') ? MASK : (place?.source.trim() ?? '');
    return place ? [{ path, file: place.file, line: place.line, source }] : [];
  });
  return places.filter(({ line }, index) => places.findIndex((one) => one.line === line) === index);
}

function gone(manifest: Manifest, present: string[]): HostChange[] {
  const wanted = new Set(present);
  return [...manifest.hosts.keys()]
    .filter((name) => !wanted.has(name))
    .map((host) => ({ host, change: 'remove', roles: [], why: [], out: [], files: [], act: 'nothing' }));
}

function clusterChange({ fleet, lock, manifest }: Prepared): Changes['cluster'] {
  const [from, to] = [fleet.lock.cluster, lock.cluster];
  if (!from || !to || from.generation === to.generation) return undefined;
  const present = fleet.plan.cluster?.controllers.map(({ name }) => name) ?? [];
  const ever = [...from.controllers.keys()];
  return {
    from: from.generation,
    to: to.generation,
    joining: present.filter((name) => !ever.includes(name)),
    leaving: ever.filter((name) => !present.includes(name) && manifest.hosts.has(name)),
  };
}

export function isController(change: HostChange): boolean {
  return change.roles.includes(clusterRole);
}
