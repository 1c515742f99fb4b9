import { createHash } from 'node:crypto';
import { clusterRole } from '../inventory/cluster-role.ts';
import { loadInstallerFiles } from '../library/installer-files.ts';
import type { Component } from '../library/types.ts';
import type { FleetView, HostPlan } from '../plan/types.ts';
import { fingerprint, type Secrets } from '../secrets/index.ts';
import { lockedCluster } from './given.ts';
import { programDigest } from './program.ts';
import type { Fleet } from './types.ts';

/**
 * All that a host's seed is made from, in parts with a name each, as text. Equal parts give an equal seed; which
 * of them differ tells why a seed changes. Parts of settings are called `settings.COMPONENT`.
 */
export type InputParts = Map<string, string>;

/** What the hosts of a fleet have in common, made once. */
export interface InputContext {
  partsOf(host: HostPlan): InputParts;
}

export function inputContext(fleet: Fleet, secrets: Secrets): InputContext {
  const { plan, library, lock } = fleet;
  const common = JSON.stringify(commonOf(plan.fleet));
  const cluster = JSON.stringify([plan.cluster, lockedCluster(plan, lock, secrets)?.generation], mapsAsLists);
  const program = programDigest();
  const components = once((name: string) =>
    digest(JSON.stringify(ofComponent(library.components.get(name)))),
  );
  const platforms = once((name: string) => digest(JSON.stringify(library.platforms.get(name))));
  const installer = () => digest(JSON.stringify(loadInstallerFiles()));
  const prints = once((text: string) => fingerprint(secrets, [text]));
  return {
    partsOf(host) {
      const { settings, variables } = host;
      const parts: InputParts = new Map([
        ['host', JSON.stringify([host.fqdn, host.platform, host.roles, host.components, host.after])],
        ['networks', JSON.stringify([host.networks, host.devices])],
        ['peers', JSON.stringify(host.peers)],
        ['openings', JSON.stringify(host.openings)],
        ['accounts', JSON.stringify(host.users)],
        ['dns', JSON.stringify(host.dns)],
        ['time', JSON.stringify([host.ntp, host.timezone])],
        ['apt', JSON.stringify(host.apt)],
        ['phone-home', JSON.stringify([host.phoneHome])],
        ['fleet', common],
        ['secrets', prints(secretsOf(host, secrets))],
        ['library', [platforms(host.platform), ...host.components.map(components)].join()],
        ['packages', JSON.stringify([host.packages, variables])],
        ['program', program],
      ]);
      if (host.install) parts.set('install', JSON.stringify([host.install, installer()]));
      if (host.roles.includes(clusterRole)) parts.set('cluster', cluster);
      for (const [component, values] of Object.entries(settings))
        if (Object.keys(values).length > 0) parts.set(`settings.${component}`, JSON.stringify(values));
      return parts;
    },
  };
}

/** Of all parts together, hex. */
export function inputDigest(parts: InputParts): string {
  const hash = createHash('sha256');
  for (const [name, text] of parts) hash.update(`${name}\0${text}\0`);
  return hash.digest('hex');
}

/** Short digests of the parts, to tell later which of them changed. */
export function partDigests(parts: InputParts): Record<string, string> {
  return Object.fromEntries([...parts].map(([name, text]) => [name, digest(text).slice(0, 12)]));
}

/** Names of the parts that are not what they were, those that came and went included. */
export function changedParts(before: Record<string, string>, parts: InputParts): string[] {
  const after = partDigests(parts);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

function commonOf({ name, domain, networks, vips, records }: FleetView): unknown {
  return [name, domain, networks, vips, records];
}

/** What the host's secrets and certificates are derived from; never leaves but through the keyed fingerprint. */
function secretsOf(host: HostPlan, secrets: Secrets): string {
  const { rotations, overrides, ca } = secrets;
  const labels = [...host.secrets, ...host.certificates].map(({ label }) => label);
  const own = [...overrides].filter(([key]) =>
    labels.some((label) => key === label || key.startsWith(`${label}@`)),
  );
  return JSON.stringify([
    ca.certificate,
    ca.trusted,
    host.secrets,
    host.certificates,
    labels.map((label) => rotations.get(label) ?? 0),
    own.map(([key, value]) => [key, value.reveal()]),
  ]);
}

function ofComponent(component: Component | undefined): unknown {
  if (!component) return null;
  const { files, partials, client: _, ...rest } = component;
  return [
    rest,
    files.map(({ content, source: __, ...file }) => [file, digest(content)]),
    [...partials].map(([name, { content }]) => [name, digest(content)]),
  ];
}

function mapsAsLists(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}

function digest(content: string | Buffer | undefined): string {
  return createHash('sha256')
    .update(content ?? '')
    .digest('hex');
}

function once<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
