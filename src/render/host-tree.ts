import { createHash } from 'node:crypto';
import type { Library } from '../library/types.ts';
import type { FleetView, HostPlan } from '../plan/types.ts';
import type { Given } from './given.ts';
import { networkConfig } from './network-config.ts';
import { nodeFiles } from './node-files.ts';
import type { Tree } from './tree.ts';
import { userData } from './user-data.ts';
import { yamlText } from './yaml-text.ts';

/** The seed of a host, and the digest that its instance-id stands for: SHA-256, hex. */
export interface HostTree {
  tree: Tree;
  digest: string;
}

/** Renders a host's seed. Pure: the same plan, library and secrets give the same bytes. */
export function renderHost(host: HostPlan, fleet: FleetView, library: Library, given: Given): HostTree {
  const platform = library.platforms.get(host.platform);
  const bootcmd = library.components.get('node')?.bootcmd;
  if (!platform || bootcmd === undefined)
    throw new Error('the library lacks the platform or the node engine');
  const files = nodeFiles(host, fleet, library, platform, given);
  const user = userData(host, fleet, files, bootcmd);
  const network = yamlText(networkConfig(host, platform), `# ${host.fqdn}: written by stackseed.\n`);
  const digest = createHash('sha256').update(user).update('\0').update(network).digest('hex');
  const meta = yamlText(
    { 'instance-id': `${fleet.name}-${host.name}-${digest.slice(0, 16)}` },
    `# ${host.fqdn}: written by stackseed. The instance-id changes exactly when the seed does.\n`,
  );
  const file = (content: string | Buffer) => ({ content, mode: '0600' });
  return {
    tree: new Map([
      ['meta-data', file(meta)],
      ['network-config', file(network)],
      ['user-data', file(user)],
    ]),
    digest,
  };
}
