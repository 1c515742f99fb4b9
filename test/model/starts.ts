import { sectionOf } from './oracle.ts';
import {
  type Budget,
  bit,
  type Copy,
  type Daemon,
  type Entry,
  type Host,
  NO_FAULTS,
  type World,
} from './world.ts';

/** A world to start the search from, and how often each thing may happen in it. */
export interface Start {
  name: string;
  world: World;
}

function entryOf(at: number, change: Partial<Entry> = {}): Entry {
  const blank = {
    state: 'BLANK',
    history: null,
    line: [],
    before: null,
    promise: null,
    attempt: null,
    waivers: [],
  };
  return { incarnation: `i${at + 1}`, ...blank, ...change };
}

function blank(at: number, up = false): Host {
  return {
    up,
    list: 0,
    entry: entryOf(at),
    copy: null,
    before: null,
    daemon: null,
    pending: null,
    blind: false,
    garbled: false,
    torn: null,
  };
}

function member(at: number, copy: Partial<Copy>, daemon: Partial<Daemon> | null, up = true): Host {
  const held = { history: 'h1', position: 'p5', writes: 1, partial: false, ...copy };
  const entry = entryOf(at, { state: 'MEMBER', history: 'h1' });
  const run: Daemon | null = daemon && {
    runs: 'primary',
    to: at,
    synced: true,
    cache: 'p2',
    view: 'v2',
    members: 7,
    history: 'h1',
    ...daemon,
  };
  return {
    up,
    list: 0,
    entry,
    copy: held,
    before: null,
    daemon: run,
    pending: null,
    blind: false,
    garbled: false,
    torn: null,
  };
}

function world(hosts: Host[], budget: Partial<Budget>): World {
  const writes = hosts.reduce((all, host) => all | (host.copy?.writes ?? 0), 0);
  const base = { split: -1, absent: -1, parents: [], excused: 0 };
  return { ...base, hosts, writes, served: writes > 0 ? ['h1'] : [], budget: { ...NO_FAULTS, ...budget } };
}

const pair = bit(0) | bit(2);

/** The states that a search from a cold start does not reach in time. */
export const PREPARED: Record<string, () => Host[]> = {
  'cold start': () => [blank(0), blank(1), blank(2)],
  'all serve': () => [member(0, {}, {}), member(1, {}, {}), member(2, {}, {})],
  'first and third serve, second blank': () => [
    member(0, {}, { members: pair }),
    blank(1),
    member(2, {}, { members: pair }),
  ],
  'one member alone': () => [member(0, { writes: 0 }, { members: 1 }), blank(1), blank(2)],
  'third alone has data': () => [blank(0), blank(1), member(2, {}, null, false)],
  'outage, last write on the first': () => outage(0),
  'outage, last write on the second': () => outage(1),
  'outage, last write on the third': () => outage(2),
  'genesis, the third has yet to join': halfway,
  'two of three down': () => [
    member(0, {}, null, false),
    member(1, {}, null, false),
    member(2, {}, { runs: 'nonprimary' }),
  ],
};

/**
 * The first two serve; the third has promised the genesis and not joined yet; and the first has read, before
 * that genesis, what the second promised.
 */
function halfway(): Host[] {
  const promise = {
    kind: 'genesis',
    to: 'cnt1',
    incarnation: 'i1',
    nonce: 'n1',
    list: 'list0',
    history: 'h1',
  };
  const promised = (at: number): Host => ({
    ...blank(at, true),
    entry: entryOf(at, {
      state: 'PROMISED',
      promise: { ...promise, state: 'BLANK', held: null, position: 'p0' },
    }),
  });
  const members = bit(0) | bit(1);
  const read = sectionOf(world([blank(0), promised(1), promised(2)], {}), 1);
  const first = { ...member(0, {}, { members }), torn: { from: 1, section: JSON.parse(read) } };
  return [first, member(1, {}, { members }), promised(2)];
}

function outage(last: number): Host[] {
  return [0, 1, 2].map((at) => member(at, at === last ? { position: 'p6', writes: 3 } : {}, null, false));
}

export function startFrom(name: string, budget: Partial<Budget>): Start {
  const hosts = PREPARED[name]?.();
  if (!hosts) throw new Error(`no start is called ${name}`);
  return { name, world: world(hosts, budget) };
}
