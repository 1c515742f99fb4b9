import { nearest } from '../document/nearest.ts';
import type { Plan, SecretUse } from '../plan/types.ts';
import { FindingsError } from '../report/finding.ts';

/** A secret of the fleet and who gets it. */
export interface DeclaredSecret
  extends Pick<SecretUse, 'label' | 'scope' | 'format' | 'overlaps' | 'alternates'> {
  components: string[];
  hosts: string[];
}

/** All secrets that components of planned hosts declare, by label in their order. */
export function declaredSecrets(plan: Plan): DeclaredSecret[] {
  const byLabel = new Map<string, DeclaredSecret>();
  for (const host of plan.hosts) {
    for (const { component, of: _, ...rule } of host.secrets) {
      const { label } = rule;
      const known = byLabel.get(label) ?? { ...rule, components: [], hosts: [] };
      byLabel.set(label, known);
      if (!known.components.includes(component)) known.components.push(component);
      if (!known.hosts.includes(host.name)) known.hosts.push(host.name);
    }
  }
  return [...byLabel.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
}

/**
 * Hosts whose seeds have the secret of a label, or a certificate of it.
 * @throws FindingsError when no component of the fleet declares either
 */
export function holdersOf(plan: Plan, label: string): string[] {
  const certified = certifiedHosts(plan, label);
  const secret =
    certified.length > 0
      ? declaredSecrets(plan).find((one) => one.label === label)
      : declaredSecret(plan, label);
  return [...new Set([...(secret?.hosts ?? []), ...certified])];
}

/** Hosts that have a certificate of this label. */
export function certifiedHosts(plan: Plan, label: string): string[] {
  const certified = plan.hosts.filter(({ certificates }) => certificates.some((one) => one.label === label));
  return certified.map(({ name }) => name);
}

/** @throws FindingsError when no component of the fleet declares it */
export function declaredSecret(plan: Plan, label: string): DeclaredSecret {
  const declared = declaredSecrets(plan);
  const found = declared.find((one) => one.label === label);
  if (found) return found;
  const labels = declared.map((one) => one.label);
  const near = nearest(label, labels);
  throw new FindingsError([
    {
      severity: 'error',
      code: 'unknown-secret',
      path: '',
      message: `no component of the fleet has a secret ${JSON.stringify(label)}`,
      hint: near ? `did you mean ${near}?` : 'stackseed secrets show lists them',
    },
  ]);
}
