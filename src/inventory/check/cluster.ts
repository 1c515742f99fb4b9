import { clusterRole, mostControllers } from '../cluster-role.ts';
import type { InventoryHost } from '../schema.ts';
import type { Check, CheckedHost } from './context.ts';

/** Controllers find each other by an address on the management network that is known beforehand. */
export function checkCluster(check: Check): void {
  const having = check.hosts.filter(({ absent, roles }) => !absent && roles.includes(clusterRole));
  for (const checked of having) checkAddress(check, checked);
  const last = having.at(mostControllers);
  if (!last) return;
  check.report({
    severity: 'warning',
    code: 'many-controllers',
    path: ['hosts', last.name],
    at: 'key',
    message: `${having.length} ${clusterRole}s: every write to the database waits for all of them`,
    hint: `have 3, 5 or ${mostControllers}; more make the fleet slower and hardly safer`,
    whole: [['hosts'], ['groups']],
  });
}

function checkAddress(check: Check, { name, host }: CheckedHost): void {
  const network = manageNetwork(check, host);
  const path = ['hosts', name, 'networks'];
  const about = [['networks'], path];
  const code = 'cluster-address';
  if (network === undefined) {
    const message = `${name} is on no network for manage, and the controllers talk to each other there`;
    const hint = 'put it on such a network, or write "for: [manage]" at one that it is on';
    check.report({ code, path, at: 'key', message, hint, about });
    return;
  }
  const { address } = host.networks[network] ?? {};
  if (address === 'none') {
    const message = `${name} has no address on ${network}, and the controllers talk to each other there`;
    const hint = 'give it one that does not change';
    check.report({ code, path: [...path, network, 'address'], message, hint, about });
  } else if (address === undefined && check.inventory.networks[network]?.dhcp) {
    const message = `the other controllers are told where ${name} is, but its address comes by DHCP`;
    const hint = 'write the address that the DHCP server keeps for it';
    check.report({ code, path: [...path, network], at: 'key', message, hint, about });
  }
}

/** As the plan has it: what a network is for, else its name; else the only inner network of the host. */
export function manageNetwork({ inventory }: Check, host: InventoryHost): string | undefined {
  const inner = Object.keys(host.networks).filter((name) => !inventory.networks[name]?.external);
  const named = Object.keys(host.networks).find((name) =>
    (inventory.networks[name]?.for ?? [name]).includes('manage'),
  );
  return named ?? (inner.length === 1 ? inner[0] : undefined);
}
