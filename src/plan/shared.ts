import { createHash } from 'node:crypto';
import type { Component, Library } from '../library/types.ts';
import { baseRole, forPlatform } from './components.ts';
import type { ClusterPlan, FleetView, HostPlan, SecretUse } from './types.ts';

/**
 * What the controllers share, as a digest: whatever could change one of the files, scripts or packages that the
 * components of their roles have, on any of them. That is the members, the virtual addresses, the networks
 * that the controllers are on, the listed hosts that these components talk to, and of each component its
 * settings, variables and all that the library has of it. What only the base role has (accounts, time, sysctl
 * and so on) is each host's own, and so is the number of compute nodes.
 *
 * It errs on the safe side: a generation that is counted up for nothing does no harm, one that is not leaves a
 * stale node unknown.
 */
export function sharedByControllers(
  members: Omit<ClusterPlan, 'shared'>,
  fleet: FleetView,
  hosts: HostPlan[],
  library: Library,
): ClusterPlan['shared'] {
  const names = new Set(
    hosts.flatMap(({ roles }) =>
      roles.filter((role) => role !== baseRole).flatMap((role) => library.roles.get(role)?.components ?? []),
    ),
  );
  const components = [...names].sort().flatMap((name) => library.components.get(name) ?? []);
  const on = new Set(hosts.flatMap(({ networks }) => networks.map(({ name }) => name)));
  const shared = {
    members,
    fleet: {
      name: fleet.name,
      domain: fleet.domain,
      vips: fleet.vips,
      networks: fleet.networks.filter(({ name }) => on.has(name)),
    },
    hosts: hosts.map((host) => ofHost(host, components)),
    components: components.map((component) => [component.name, ofLibrary(component, hosts)]),
  };
  const secrets = hosts.flatMap((host) => host.secrets.flatMap((use) => sharedSecret(use, host, names)));
  const once = new Map(secrets.map((secret) => [JSON.stringify(secret), secret]));
  return { digest: sha256(stable(shared)), secrets: [...once.values()] };
}

type SharedSecret = ClusterPlan['shared']['secrets'][number];

function sharedSecret(use: SecretUse, host: HostPlan, names: Set<string>): SharedSecret[] {
  const { component, label, format, scope, of, overlaps, alternates } = use;
  if (!names.has(component)) return [];
  const secret = { label, format, ...(overlaps && { overlaps }), ...(alternates && { alternates }) };
  if (scope === 'fleet') return [secret];
  return of === undefined ? [] : [{ ...secret, hosts: (host.peers[of] ?? []).map(({ name }) => name) }];
}

function ofHost(host: HostPlan, components: Component[]): unknown {
  const own = components.filter(({ name }) => host.components.includes(name));
  const byComponent = <T>(of: Record<string, T>) => own.map(({ name }) => [name, of[name]]);
  const roles = [...new Set(own.flatMap(({ talksTo }) => talksTo))].sort();
  return {
    name: host.name,
    platform: host.platform,
    networks: host.networks,
    settings: byComponent(host.settings),
    variables: byComponent(host.variables),
    peers: roles.map((role) => [role, host.peers[role]]),
  };
}

function ofLibrary(component: Component, hosts: HostPlan[]): unknown {
  const platforms = [...new Set(hosts.map(({ platform }) => platform))].sort();
  const { after, ports, secrets, certificates, converge, health } = component;
  return {
    after,
    ports,
    secrets,
    certificates,
    converge,
    health,
    packages: platforms.map((platform) => forPlatform(component.packages, platform)),
    debconf: platforms.map((platform) => forPlatform(component.debconf, platform)),
    files: component.files.map(({ path, template, content, rule, lay }) => {
      return [path, template, sha256(content), rule, lay];
    }),
    partials: [...component.partials].map(([name, { content }]) => [name, sha256(content)]),
  };
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** JSON with the keys of every map in order: where the inventory wrote them means nothing. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
