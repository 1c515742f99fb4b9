import { clientFiles } from '../render/component.ts';
import type { Tree } from '../render/tree.ts';
import type { Secrets } from '../secrets/index.ts';
import { givenFor } from './given.ts';
import { explained } from './prepare.ts';
import type { Fleet } from './types.ts';

/**
 * What a workstation needs to use the fleet's services, by path below `folder`, which is where it will lie: of each
 * component that has such files, as the first of its hosts would render them. Empty where there are none.
 */
export function clientPlanned(fleet: Fleet, secrets: Secrets, folder: string): Tree {
  const tree: Tree = new Map();
  const { plan, library, lock } = fleet;
  for (const component of library.components.values()) {
    const host = plan.hosts.find(({ components }) => components.includes(component.name));
    if (component.client.length === 0 || !host) continue;
    const given = givenFor(plan, host, lock, secrets);
    const files = explained(host, () => clientFiles(component, host, plan.fleet, library, given, folder));
    for (const { path, content, mode } of files)
      tree.set(path.slice(1), { content: content.toString(), mode });
  }
  return tree;
}
