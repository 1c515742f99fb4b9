import { clusterRole } from '../src/inventory/cluster-role.ts';
import type { HostPlan, Plan } from '../src/plan/types.ts';
import type { Given } from '../src/render/given.ts';

const pem = (kind: string, text: string) => `-----BEGIN ${kind}-----\n${text}\n-----END ${kind}-----\n`;

/** What templates are given, without secrets: each value says what it stands for. The cluster is in generation 1. */
export function pretendGiven(
  { cluster: planned }: Plan,
  host: HostPlan,
  secret: (component: string, label: string, host?: string) => string = () => 'secret',
): Given {
  const cluster = host.roles.includes(clusterRole) ? planned : undefined;
  return {
    secrets: (...words) => [secret(...words)],
    account: (_component, _label, name) => name,
    certificate: (_, label) => ({
      certificate: pem('CERTIFICATE', label),
      key: pem('PRIVATE KEY', label),
      authority: pem('CERTIFICATE', 'authority'),
    }),
    authority: () => pem('CERTIFICATE', 'authority'),
    signers: () => ['memo namespaces="stackseed-seed" ssh-ed25519 AAAA'],
    ...(cluster && { cluster: { ...cluster, generation: 1 } }),
  };
}
