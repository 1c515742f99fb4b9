import { join } from 'node:path';
import { layPrograms, onNode, type PretendNode, type Ran } from './pretend-node.ts';

/** A pretend node that has what OpenStack's components share, and a cloud at 192.168.1.50 that answers by `stubs`. */
export function onCloudNode<T>(
  component: string,
  values: Record<string, string>,
  use: (node: PretendNode, converge: () => Ran) => T,
): T {
  return onNode(component, values, (node) => {
    layPrograms(node, 'node', 'lib.sh', 'durable.sh', 'network.sh');
    layPrograms(node, 'openstack', 'openstack.sh');
    node.write('/etc/stackseed/openstack/internal', 'http://192.168.1.50\n');
    answers(node, true);
    const STACKSEED_LIB = join(node.root, 'usr/local/lib/stackseed');
    return use(node, () => node.run('converge', { STACKSEED_LIB, STACKSEED_PATIENCE: '0' }));
  });
}

/** Whether the APIs at the virtual address answer from now on. */
export function answers(node: PretendNode, yes: boolean): void {
  node.stub('curl', yes ? 'printf 200' : 'printf 000; exit 7');
}

/** What systemctl was asked to begin, in order. */
export const started = (ran: Ran): string[] =>
  ran.calls.flatMap((call) => /^systemctl (?:re)?start (.*)$/.exec(call)?.[1] ?? []);
