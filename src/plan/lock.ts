import { parseDocument, stringify } from 'yaml';
import { z } from 'zod';

/**
 * stackseed.lock: what must not change by accident. Addresses that were drawn, by host and network,
 * and for each host the generation, which counts the changes of its own seed, with the digest of the
 * seed it stands for.
 */
export interface Lock {
  addresses: Map<string, Map<string, string>>;
  hosts: Map<string, { generation: number; digest: string }>;
}

const lockSchema = z.strictObject({
  version: z.literal(1),
  addresses: z.record(z.string(), z.record(z.string(), z.ipv4())),
  hosts: z.record(
    z.string(),
    z.strictObject({ generation: z.int().min(1), digest: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

export function emptyLock(): Lock {
  return { addresses: new Map(), hosts: new Map() };
}

/** Reads the text of a lock file. Throws an Error whose message says what is wrong with it. */
export function parseLock(text: string): Lock {
  const document = parseDocument(text, { strict: true });
  const broken = document.errors[0];
  if (broken) throw new Error(broken.message);
  const result = lockSchema.safeParse(document.toJS());
  if (!result.success) throw new Error(z.prettifyError(result.error));
  const { addresses, hosts } = result.data;
  return {
    addresses: new Map(
      Object.entries(addresses).map(([host, drawn]) => [host, new Map(Object.entries(drawn))]),
    ),
    hosts: new Map(Object.entries(hosts)),
  };
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
  };
  return `# Written by stackseed. Keep it in version control beside the inventory; do not edit.\n${stringify(body)}`;
}
