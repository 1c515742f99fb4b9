import { installerTree } from '../install/installer-tree.ts';
import { loadInstallerFiles } from '../library/installer-files.ts';
import { type Manifest, readManifest } from '../pack/index.ts';
import type { Lock } from '../plan/lock.ts';
import type { HostPlan } from '../plan/types.ts';
import type { Given } from '../render/given.ts';
import { type HostTree, renderHost } from '../render/host-tree.ts';
import { TemplateError } from '../render/template.ts';
import type { Tree } from '../render/tree.ts';
import { type Finding, FindingsError } from '../report/finding.ts';
import { readSecrets, type Secrets } from '../secrets/index.ts';
import { givenFor, lockedCluster } from './given.ts';
import { type InputContext, inputContext } from './input.ts';
import { loadFleet, refuse } from './load.ts';
import { SIGNATURE, SUMS } from './signed.ts';
import type { Fleet, GenerateOptions } from './types.ts';

/** All that a run is made of, before it writes anything. */
export interface Prepared {
  fleet: Fleet;
  secrets: Secrets;
  /** The lock as it is to be, but for the generations of hosts. */
  lock: Lock;
  manifest: Manifest;
  inputs: InputContext;
  /** Warnings. */
  findings: Finding[];
}

export type PrepareOptions = Omit<GenerateOptions, 'iso' | 'prune' | 'progress'>;

/** @throws FindingsError with everything found, the loss of the lock included */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const fleet = await loadFleet(options.inventory, options);
  const { secrets, findings: ofSecrets } = await readSecrets(fleet.paths.secrets, options.keys);
  const findings = [...fleet.findings, ...ofSecrets];
  if (!secrets) throw new FindingsError(findings);
  if (secrets.fleet && secrets.fleet !== fleet.inventory.fleet) findings.push(otherFleet(fleet, secrets));
  refuse(findings, options.strict);
  const manifest = readManifest(options.out);
  if (!fleet.lockFound && manifest.hosts.size > 0 && !options.newLock)
    throw new FindingsError([...findings, lostLock(fleet, options.out)]);
  const cluster = lockedCluster(fleet.plan, fleet.lock, secrets);
  const lock: Lock = {
    addresses: fleet.addresses.drawn,
    hosts: new Map(fleet.lock.hosts),
    ...(cluster && { cluster }),
  };
  return { fleet, secrets, lock, manifest, inputs: inputContext(fleet, secrets), findings };
}

/** Renders one host of a fleet. What a template does wrong is a finding that names it and its line. */
export function renderPlanned(
  fleet: Fleet,
  host: HostPlan,
  secrets: Secrets,
  through: (given: Given) => Given = (given) => given,
): HostTree {
  const given = through(givenFor(fleet.plan, host, fleet.lock, secrets));
  return explained(host, () => renderHost(host, fleet.plan.fleet, fleet.library, given));
}

/**
 * What the installer of a host is told, beside its seed; undefined where it is not to be installed.
 * @param signed the seed to the byte as it goes into out/, since the installer checks the digests of what it lays
 */
export function installerPlanned(fleet: Fleet, host: HostPlan, signed: Tree): Tree | undefined {
  if (!host.install) return undefined;
  const files = loadInstallerFiles();
  const seed = new Map([...signed].filter(([name]) => name !== SUMS && name !== SIGNATURE));
  return explained(host, () => installerTree(host, fleet.plan.fleet, fleet.library, files, seed));
}

/** What a template does wrong, as a finding. */
export function explained<T>(host: HostPlan, render: () => T): T {
  try {
    return render();
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

function lostLock({ paths }: Fleet, out: string): Finding {
  return {
    severity: 'error',
    code: 'lock-lost',
    path: 'lock',
    message: `there is no ${paths.lock}, and ${out} was generated with one`,
    hint:
      'take it back from version control, or name it (--lock); with a new one (--new-lock) addresses that were ' +
      'drawn may be drawn anew, generations begin at 1, and controllers that are absent are forgotten though they ' +
      'may hold the only data',
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
