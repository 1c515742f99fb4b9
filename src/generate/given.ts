import { clusterRole } from '../inventory/cluster-role.ts';
import type { Lock, LockedCluster } from '../plan/lock.ts';
import type { Cluster, FleetView, HostPlan, Plan, SecretUse } from '../plan/types.ts';
import type { Certificate, Given } from '../render/given.ts';
import {
  accountName,
  fingerprint,
  makeCertificate,
  type Secrets,
  secretValues,
  signerLines,
} from '../secrets/index.ts';

/**
 * The cluster as the lock is to keep it: its generation is counted up where what the controllers share is not
 * what the lock's generation stands for. Without controllers it stays as it is.
 */
export function lockedCluster({ cluster }: Plan, lock: Lock, secrets: Secrets): LockedCluster | undefined {
  if (!cluster) return lock.cluster;
  const { id, ever, shared } = cluster;
  const values = shared.secrets.flatMap(({ label, hosts, alternates, ...rule }) => [
    ...(hosts ?? [undefined]).flatMap((host) =>
      secretValues(secrets, label, { ...rule, ...(host !== undefined && { host }) }).map((one) =>
        one.reveal(),
      ),
    ),
    // A value of the operator's own may stay as it is while its account becomes another one.
    ...(alternates ? [accountName(secrets, label, label)].filter((account) => account !== label) : []),
  ]);
  const digest = fingerprint(secrets, [shared.digest, secrets.ca.trusted, ...values]);
  const before = lock.cluster;
  const generation = before?.digest === digest ? before.generation : (before?.generation ?? 0) + 1;
  return { id, generation, digest, controllers: new Map(ever.map(({ name, address }) => [name, address])) };
}

/** What the templates of a host are given, beside its plan. Certificates are made when they are asked for, once. */
export function givenFor(plan: Plan, host: HostPlan, lock: Lock, secrets: Secrets): Given {
  const uses = new Map(host.secrets.map((use) => [`${use.component}/${use.label}`, use]));
  const useOf = (component: string, label: string): SecretUse => {
    const use = uses.get(`${component}/${label}`);
    if (!use) throw new Error(`${component} declares no secret ${label}`);
    return use;
  };
  const certificates = new Map<string, Certificate>();
  const cluster = host.roles.includes(clusterRole) ? clusterFor(plan, lock, secrets) : undefined;
  return {
    secrets(component, label, other) {
      const use = useOf(component, label);
      const { format, scope, overlaps = false } = use;
      if (other !== undefined && other !== host.name) mayKnow(host, use, other);
      const of = scope === 'host' ? { host: other ?? host.name } : {};
      const [shown, ...taken] = secretValues(secrets, label, { format, overlaps, ...of });
      return [shown.reveal(), ...taken.map((one) => one.reveal())];
    },
    account(component, label, name) {
      return useOf(component, label).alternates ? accountName(secrets, label, name) : name;
    },
    certificate(_, label) {
      const known = certificates.get(label) ?? certificateFor(plan.fleet, host, label, secrets);
      certificates.set(label, known);
      return known;
    },
    authority: () => secrets.ca.trusted,
    signers: () => signerLines(secrets, plan.fleet.name),
    ...(cluster && { cluster }),
  };
}

function mayKnow(host: HostPlan, { component, label, of }: SecretUse, other: string): void {
  if (of !== undefined && host.peers[of]?.some(({ name }) => name === other)) return;
  throw new Error(`${component} may not know the secret ${label} of ${other}`);
}

function clusterFor(plan: Plan, lock: Lock, secrets: Secrets): Cluster | undefined {
  const generation = lockedCluster(plan, lock, secrets)?.generation;
  if (!plan.cluster || generation === undefined) return undefined;
  const { shared: _, ...members } = plan.cluster;
  return { ...members, generation };
}

/** Names and addresses that others may know the host by: its own, and on controllers the virtual ones. */
function certificateFor(fleet: FleetView, host: HostPlan, label: string, secrets: Secrets): Certificate {
  const vips = host.roles.includes(clusterRole) ? fleet.vips : [];
  const own = host.networks.flatMap(({ address }) => address ?? []);
  const names = [host, ...vips].flatMap(({ name, fqdn }) => [name, fqdn]);
  const addresses = [...own, ...vips.flatMap((vip) => Object.values(vip.addresses).sort())];
  const { certificate, key } = makeCertificate(secrets, label, {
    host: host.name,
    names: [...new Set(names)],
    addresses: [...new Set(addresses)],
  });
  return { certificate, key: key.reveal(), authority: secrets.ca.trusted };
}
