import { sha256 } from '../pack/index.ts';
import type { Lock } from '../plan/lock.ts';
import type { HostPlan } from '../plan/types.ts';
import type { HostTree } from '../render/host-tree.ts';
import type { Tree } from '../render/tree.ts';
import { type Secrets, signText } from '../secrets/index.ts';
import type { Fleet } from './types.ts';

/** Beside a seed: whose it is and the digests of its files, and the fleet's signature of that. */
export const SUMS = 'seed.sums';
export const SIGNATURE = 'seed.sums.sig';

export interface SeedName {
  fleet: string;
  host: string;
  generation: number;
}

/**
 * The seed with what a running node checks before it takes it: `seed.sums`, which `sha256sum --check` takes, and its
 * signature, which `ssh-keygen -Y verify` does.
 */
export function signedTree(seed: Tree, { fleet, host, generation }: SeedName, secrets: Secrets): Tree {
  // As bytes, which digests, the disk and the image all take: of a text each would make its own.
  const file = (content: string | Buffer) => ({ content: Buffer.from(content), mode: '0600' });
  // cloud-init tells it on the host.
  const meta = `${seed.get('meta-data')?.content}stackseed-generation: ${generation}\n`;
  const tree = new Map(
    [...seed].map(([name, { content }]) => [name, file(name === 'meta-data' ? meta : content)]),
  );
  const names = [...tree.keys()].sort();
  const sums = [
    '# stackseed seed',
    `# fleet ${fleet}`,
    `# host ${host}`,
    `# generation ${generation}`,
    ...names.map((name) => `${sha256(tree.get(name)?.content ?? '')}  ${name}`),
    '',
  ].join('\n');
  return new Map([...tree, [SUMS, file(sums)], [SIGNATURE, file(signText(secrets, sums))]]);
}

/** The generation that a host has with a seed of that digest. */
export function generationOf(lock: Lock, host: string, digest: string): number {
  const before = lock.hosts.get(host);
  return before?.digest === digest ? before.generation : (before?.generation ?? 0) + 1;
}

/** The seed of a host as it goes into out/, in the generation that it has by the lock. */
export function signedPlanned(
  fleet: Fleet,
  { name: host }: HostPlan,
  lock: Lock,
  seed: HostTree,
  secrets: Secrets,
): Tree {
  const generation = generationOf(lock, host, seed.digest);
  return signedTree(seed.tree, { fleet: fleet.plan.fleet.name, host, generation }, secrets);
}
