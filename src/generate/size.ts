import { countedBytes, seedLimits, type Target } from '../inventory/seed-limits.ts';
import type { Tree } from '../render/tree.ts';
import type { Finding } from '../report/finding.ts';

/** A finding where a host's user-data is more than its way there carries; undefined where it fits. */
export function sizeFinding(target: Target, host: string, tree: Tree): Finding | undefined {
  const limit = seedLimits[target];
  if (!limit) return undefined;
  const content = tree.get('user-data')?.content ?? '';
  const bytes = countedBytes(limit, Buffer.byteLength(content));
  if (bytes <= limit.bytes) return undefined;
  return {
    severity: 'error',
    code: 'seed-too-large',
    path: `hosts.${host}`,
    message: `its user-data takes ${bytes} bytes, and ${limit.name} carries ${limit.bytes}`,
    hint: 'give the seed by an ISO (target: iso), which has no limit',
  };
}
