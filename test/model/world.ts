/**
 * The world of the model: plain JSON, so that a state is its own text. Names that only matter by being the
 * same or not are "i1" (incarnation), "n1" (nonce), "h1" (history); what only matters by its order is "p1"
 * (position) and "v1" (view). canonical() renames them all, so that states that differ in names are one.
 */
export interface Promise {
  kind: string;
  to: string;
  incarnation: string;
  nonce: string;
  list: string;
  history: string;
  state: string;
  held: string | null;
  position: string | null;
}

export interface Attempt {
  kind: string;
  nonce: string;
  boot: string;
  list: string;
  history: string;
  position: string | null;
  waived: string[];
  done: boolean;
}

/** The durable record, as galera_decide.py has it. */
export interface Entry {
  incarnation: string;
  state: string;
  history: string | null;
  line: [string, string][];
  before: { history: string; line: [string, string][] } | null;
  promise: Promise | null;
  attempt: Attempt | null;
  waivers: string[];
}

/** What the datadir holds: writes is a set of served writes, bit by bit; partial: a copy that broke off. */
export interface Copy {
  history: string;
  position: string;
  writes: number;
  partial: boolean;
}

export interface Daemon {
  runs: 'starting' | 'nonprimary' | 'primary';
  /** The host that it starts towards. */
  to: number;
  synced: boolean;
  /** Position from which it can send without a full copy. */
  cache: string;
  /** The last Primary view it was in, and that view's members, bit by bit. */
  view: string;
  members: number;
  history: string;
}

/** A word that was decided and is not done yet; steps are done one at a time, each may be the last. */
export interface Pending {
  word: string;
  argument: string;
  /** The record that the word leads to. */
  entry: Entry;
  steps: ('empty' | 'make' | 'record' | 'restore' | 'start' | 'bootstrap' | 'stop')[];
  /** Of the peer to be joined, at the time of the decision. */
  peer: { history: string; writes: number } | null;
  runs: string;
}

export interface Host {
  up: boolean;
  /** Which inventory it has: 0, or 1 where one controller is absent. */
  list: number;
  entry: Entry;
  copy: Copy | null;
  /** The copy that is kept aside while another one comes in. */
  before: Copy | null;
  daemon: Daemon | null;
  pending: Pending | null;
  /** A round that has read one report and not yet the others. */
  /** Its position cannot be told at the moment: a wsrep-recover that failed. */
  blind: boolean;
  /** Its port is open, and what comes is no good answer. */
  garbled: boolean;
  torn: { from: number; section: unknown } | null;
}

/** How often each thing may still happen. */
export interface Budget {
  crash: number;
  wipe: number;
  stop: number;
  kill: number;
  split: number;
  write: number;
  lost: number;
  torn: number;
  blind: number;
  garble: number;
  waive: number;
  absent: number;
}

export interface World {
  hosts: Host[];
  /** The host that is cut off, or -1. */
  split: number;
  budget: Budget;
  /** The host that the newest inventory calls absent, or -1. */
  absent: number;
  /** What nobody in the world can see: child and parent history, served histories and writes. */
  parents: [string, string][];
  served: string[];
  writes: number;
  /** Hosts that an operator waived or called absent, bit by bit: what that costs is the operator's. */
  excused: number;
}

export const NO_FAULTS: Budget = {
  crash: 0,
  wipe: 0,
  stop: 0,
  kill: 0,
  split: 0,
  write: 0,
  lost: 0,
  torn: 0,
  blind: 0,
  garble: 0,
  waive: 0,
  absent: 0,
};

export function hostName(index: number): string {
  return `cnt${index + 1}`;
}

export function hostIndex(name: string): number {
  return Number(name.slice(3)) - 1;
}

const NAMES = /"[ihnpcv]\d+"/g;

/**
 * The text of a value with its names and orders made canonical, and the way back. "c1" is what can be sent
 * from position "p1" on.
 */
export function canonical(text: string): { text: string; back: Map<string, string> } {
  const names = new Map<string, string>();
  const counts: Record<string, number> = { i: 0, h: 0, n: 0 };
  const positions = new Set<number>();
  const views = new Set<number>();
  const found = new Set(text.match(NAMES));
  for (const quoted of found) {
    const kind = quoted[1] ?? '';
    const count = counts[kind];
    if (count === undefined) (kind === 'v' ? views : positions).add(Number(quoted.slice(2, -1)));
    else {
      counts[kind] = count + 1;
      names.set(quoted, `"${kind}${count + 1}"`);
    }
  }
  // BLANK is at position 0 and stays there.
  const ranks = ranksOf(positions, positions.has(0) ? 0 : 1);
  const viewRanks = ranksOf(views, 0);
  for (const quoted of found) {
    const kind = quoted[1] ?? '';
    if (kind in counts) continue;
    const rank = (kind === 'v' ? viewRanks : ranks).get(Number(quoted.slice(2, -1)));
    names.set(quoted, `"${kind}${rank}"`);
  }
  const back = new Map([...names].map(([old, fresh]) => [fresh, old]));
  return { text: text.replace(NAMES, (quoted) => names.get(quoted) ?? quoted), back };
}

function ranksOf(values: Set<number>, from: number): Map<number, number> {
  return new Map([...values].sort((a, b) => a - b).map((value, rank) => [value, rank + from]));
}

const texts = new WeakMap<Host, string>();

/** The text of a world, the same for worlds that differ in nothing but names. */
export function stateOf(world: World): string {
  const hosts = world.hosts.map((host) => {
    const text = texts.get(host) ?? JSON.stringify(host);
    texts.set(host, text);
    return text;
  });
  return canonical(`{"hosts":[${hosts.join(',')}],${JSON.stringify({ ...world, hosts: undefined }).slice(1)}`)
    .text;
}

export function reaches(world: World, a: number, b: number): boolean {
  const up = world.hosts[a]?.up === true && world.hosts[b]?.up === true;
  return up && (world.split === -1 || a === b || (a !== world.split && b !== world.split));
}

/** A world with one host changed. */
export function withHost(world: World, index: number, change: Partial<Host>): World {
  return { ...world, hosts: world.hosts.map((host, at) => (at === index ? { ...host, ...change } : host)) };
}

export function bit(index: number): number {
  return 1 << index;
}

export function bits(set: number): number {
  let count = 0;
  for (let rest = set; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

/** The order that "p" and "v" stand for. */
export function orderOf(name: string): number {
  return Number(name.slice(1));
}

/** Whether an older history is the same as, or an ancestor of, another. */
export function leadsTo(world: World, older: string, newer: string): boolean {
  for (let at: string | undefined = newer; at !== undefined; at = parentOf(world, at))
    if (at === older) return true;
  return false;
}

function parentOf(world: World, history: string): string | undefined {
  return world.parents.find(([child]) => child === history)?.[1];
}

/** The copies that count: of a member, and what one that joins has put aside. */
export function copiesOf(host: Host): Copy[] {
  const untouched = host.entry.before !== null && host.before === null;
  const own = host.entry.state === 'MEMBER' || untouched ? host.copy : null;
  return [own, host.before].flatMap((copy) => (copy && !copy.partial ? [copy] : []));
}

/** The served writes on a host's disk. */
export function heldBy(host: Host): number {
  return copiesOf(host).reduce((all, copy) => all | copy.writes, 0);
}
