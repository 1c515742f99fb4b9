import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { must } from '../images/run.ts';
import type { FleetSpec } from './seeds.ts';
import type { Switch } from './switch.ts';

/** Two hosts by name; "client" is the machine beside the hosts. */
export type Link = readonly [from: string, to: string];

export interface LinkOptions {
  /** Only what goes from the first to the second. */
  oneWay?: boolean;
  /** Only on these networks; on all when left out. */
  networks?: string[];
}

/** Frames from one host to another that are lost: all of them, or a share by chance. */
interface Fault {
  from: string;
  to: string;
  network: string;
  percent: number;
}

export const CLIENT = 'client';

/** The links of a lab and what is wrong with them. It is kept in a file, and the switch is told at once. */
export interface Links {
  /** Loses `percent` of what goes over the links; 100 cuts them, 0 mends them. ARP and all else included. */
  lose(links: Link[], percent: number, options?: LinkOptions): Promise<void>;
  /** Mends everything. */
  mend(): Promise<void>;
  /** Tells the switch again, after it was off. */
  apply(): Promise<void>;
}

/** Each of the first group with each of the second. */
export function across(one: string[], other: string[]): Link[] {
  return one.flatMap((from) => other.map((to): Link => [from, to]));
}

export function labLinks(file: string, network: Switch, fleet: () => FleetSpec): Links {
  const read = async (): Promise<Fault[]> =>
    existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : [];

  async function keep(faults: Fault[]): Promise<void> {
    await writeFile(file, JSON.stringify(faults));
    await apply();
  }

  async function apply(): Promise<void> {
    const faults = await read();
    if (await network.isOn())
      await must([...(await network.prefix()), 'nft', '-f', '-'], { input: ruleset(faults, fleet()) });
  }

  return {
    apply,
    mend: () => keep([]),
    async lose(links, percent, { oneWay = false, networks } = {}) {
      const wanted = oneWay
        ? links
        : links.flatMap(([one, other]): Link[] => [
            [one, other],
            [other, one],
          ]);
      const changed = wanted.flatMap(([from, to]) => {
        const shared = networksOf(from, fleet()).filter((name) => networksOf(to, fleet()).includes(name));
        const named = networks ?? shared;
        const strange = named.find((name) => !shared.includes(name));
        if (strange) throw new Error(`${from} and ${to} are not both on the network ${strange}`);
        return named.map((network): Fault => ({ from, to, network, percent }));
      });
      const key = ({ from, to, network }: Fault): string => `${from} ${to} ${network}`;
      const anew = new Set(changed.map(key));
      const others = (await read()).filter((fault) => !anew.has(key(fault)));
      await keep([...others, ...changed.filter((fault) => fault.percent > 0)]);
    },
  };
}

function networksOf(host: string, fleet: FleetSpec): string[] {
  if (host === CLIENT) return fleet.networks.filter(({ client }) => client).map(({ name }) => name);
  const spec = fleet.hosts.find(({ name }) => name === host);
  if (!spec) throw new Error(`the inventory has no host ${host}`);
  return spec.cards.map(({ network }) => network);
}

/**
 * Rules at the ports of the bridges, by the ports' names: so they stay when a host is off or starts again,
 * and a host can neither see nor change them.
 */
function ruleset(faults: Fault[], fleet: FleetSpec): string {
  const port = (host: string, network: string): string =>
    fleet.hosts.find(({ name }) => name === host)?.cards.find((card) => card.network === network)?.port ?? '';
  const chains: Record<string, string[]> = { forward: [], input: [], output: [] };
  for (const { from, to, network, percent } of faults) {
    const lost = percent >= 100 ? 'drop' : `numgen random mod 1000 < ${Math.round(percent * 10)} drop`;
    const [chain, match] =
      to === CLIENT
        ? ['input', `iifname "${port(from, network)}"`]
        : from === CLIENT
          ? ['output', `oifname "${port(to, network)}"`]
          : ['forward', `iifname "${port(from, network)}" oifname "${port(to, network)}"`];
    chains[chain]?.push(`${match} ${lost}`);
  }
  const table = 'table bridge lab';
  const bodies = Object.entries(chains).map(
    ([hook, rules]) => `chain ${hook} {\ntype filter hook ${hook} priority 0\n${rules.join('\n')}\n}`,
  );
  return `${table}\ndelete ${table}\n${table} {\n${bodies.join('\n')}\n}\n`;
}
