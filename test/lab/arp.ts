import type { FleetSpec } from './seeds.ts';
import type { Switch } from './switch.ts';

/**
 * Who answers for an address on a network within so many whole seconds, asked by broadcast from the
 * client: names of hosts, or MAC addresses that no host has. Two names are two holders.
 */
export async function whoHas(
  network: Switch,
  fleet: FleetSpec,
  [name, address]: readonly [network: string, address: string],
  seconds = 1,
): Promise<string[]> {
  const bridge = fleet.networks.find((one) => one.name === name)?.bridge;
  if (!bridge) throw new Error(`there is no network ${name}`);
  // With a count that is reached it would stop at the first answer.
  const words = ['arping', '-b', '-c', '1000', '-w', String(seconds), '-I', bridge, address];
  const { stdout, stderr, code } = await network.exec(words);
  if (code > 1 || !stdout.includes('ARPING')) throw new Error(`arping: ${stderr}`);
  const macs = new Set(
    [...stdout.matchAll(/\[([0-9A-F:]{17})\]/gi)].map(([, mac = '']) => mac.toLowerCase()),
  );
  return [...macs].map((mac) => owner(mac, fleet) ?? mac).sort();
}

function owner(mac: string, { hosts }: FleetSpec): string | undefined {
  return hosts.find(({ cards }) => cards.some((card) => card.mac === mac))?.name;
}
