import { stringify } from 'yaml';
import { z } from 'zod';
import { checkSchema } from '../document/check-schema.ts';
import { parseYaml } from '../document/read-yaml.ts';
import type { Finding } from '../report/finding.ts';

/**
 * stackseed.lock: what must not change by accident. Addresses that were drawn, by host and network; for each
 * host the generation, which counts the changes of its own seed, with the digest of the seed it stands for; and
 * the cluster of the controllers.
 */
export interface Lock {
  addresses: Map<string, Map<string, string>>;
  hosts: Map<string, { generation: number; digest: string }>;
  /** Absent where no controller was ever generated, or by a release that knew of no clusters. */
  cluster?: LockedCluster;
}

export interface LockedCluster {
  id: string;
  /** Counts the changes of what the controllers share; goes on when the id changes. */
  generation: number;
  /** What the generation stands for, hex. */
  digest: string;
  /** Address on the management network of every controller that a cluster of this id ever had, by name. */
  controllers: Map<string, string>;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const lockSchema = z.strictObject({
  version: z.literal(1),
  addresses: z.record(z.string(), z.record(z.string(), z.ipv4())),
  hosts: z.record(z.string(), z.strictObject({ generation: z.int().min(1), digest })),
  cluster: z
    .strictObject({
      id: z.string(),
      generation: z.int().min(1),
      digest,
      controllers: z.record(z.string(), z.ipv4()),
    })
    .optional(),
});

export function emptyLock(): Lock {
  return { addresses: new Map(), hosts: new Map() };
}

/** Reads the text of a lock file; absent where something is wrong with it. */
export function parseLock(file: string, text: string): { lock?: Lock; findings: Finding[] } {
  const document = parseYaml(file, text);
  const { value, findings } = checkSchema(document, lockSchema);
  const all = [...document.findings, ...findings];
  if (!value || all.length > 0) return { findings: all.map(withAdvice) };
  const { addresses, hosts, cluster } = value;
  const drawn = Object.entries(addresses).map(([host, ofHost]): [string, Map<string, string>] => {
    return [host, new Map(Object.entries(ofHost))];
  });
  return {
    lock: {
      addresses: new Map(drawn),
      hosts: new Map(Object.entries(hosts)),
      ...(cluster && {
        cluster: { ...cluster, controllers: new Map(Object.entries(cluster.controllers)) },
      }),
    },
    findings: [],
  };
}

/** A lock is not for editing: what helps is not the right spelling, but the file as it was. */
function withAdvice(finding: Finding): Finding {
  const hint =
    'take the lock back from version control; without it, addresses that were drawn may be drawn anew, and ' +
    'controllers that were there once are forgotten';
  return { ...finding, hint };
}

export function formatLock(lock: Lock): string {
  const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const body = {
    version: 1,
    addresses: Object.fromEntries(
      sorted(lock.addresses)
        .filter(([, drawn]) => drawn.size > 0)
        .map(([host, drawn]) => [host, Object.fromEntries(sorted(drawn))]),
    ),
    hosts: Object.fromEntries(sorted(lock.hosts)),
    ...(lock.cluster && {
      cluster: { ...lock.cluster, controllers: Object.fromEntries(sorted(lock.cluster.controllers)) },
    }),
  };
  return `# Written by stackseed. Keep it in version control beside the inventory; do not edit.\n${stringify(body)}`;
}
