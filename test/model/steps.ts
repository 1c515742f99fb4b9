import { advance, component, newView, regroup, sendable } from './galera.ts';
import { controllersOf, type Oracle, reportsNow, sectionOf } from './oracle.ts';
import {
  type Budget,
  bit,
  type Copy,
  copiesOf,
  type Host,
  heldBy,
  hostIndex,
  hostName,
  leadsTo,
  type Pending,
  reaches,
  type World,
  withHost,
} from './world.ts';

/** One thing that may happen next: what to call it, and the world after it, or what rule it broke. */
export interface Step {
  label: string;
  world: World;
  broken?: string;
}

/** A world that breaks the rules in a way that no clause of the script can: see mutants.ts. */
export interface Twist {
  /** First controllers that hear nobody create the database, as others do after a time-out. */
  timeoutBootstrap?: boolean;
  /** What a round has read outlives the disk that read it. */
  answersOutliveDisk?: boolean;
  /** The SST script receives whatever the record says. */
  sstUnguarded?: boolean;
}

const QUIET = new Set(['wait', 'halt', 'member']);

/** Everything that may happen in this world. */
export function steps(world: World, oracle: Oracle, twist: Twist): Step[] {
  return [...ordinary(world, oracle, twist), ...extraordinary(world, twist)];
}

/** What hosts, daemons and clients do. */
export function ordinary(world: World, oracle: Oracle, twist: Twist): Step[] {
  const found = world.hosts.flatMap((host, at) => (host.up ? own(world, at, oracle, twist) : []));
  return [...found, ...writes(world, oracle)];
}

/** What breaks, comes back, or is changed by the operator. */
export function extraordinary(world: World, twist: Twist): Step[] {
  const found = world.hosts.flatMap((_, at) => faults(world, at, twist));
  return [...found, ...splits(world), ...operator(world)];
}

/** What a host does when nothing disturbs it. */
export function own(world: World, at: number, oracle: Oracle, twist: Twist): Step[] {
  const host = world.hosts[at];
  if (!host) return [];
  const found: Step[] = [];
  if (host.pending) found.push(act(world, at, host.pending));
  else found.push(...polls(world, at, oracle, twist));
  if (host.daemon?.runs === 'starting') found.push(connect(world, at, twist));
  if (host.daemon?.runs === 'primary' && !host.daemon.synced) found.push(...sync(world, at));
  return found;
}

// Polling and deciding.

function polls(world: World, at: number, oracle: Oracle, twist: Twist): Step[] {
  const host = world.hosts[at];
  if (!host || !controllersOf(world, host.list).includes(hostName(at))) return [];
  const now = reportsNow(world, at);
  if (host.torn) {
    const read = new Map(now).set(host.torn.from, JSON.stringify(host.torn.section));
    const rested = twist.answersOutliveDisk ? world : withHost(world, at, { torn: null });
    return [
      ...decided(rested, at, read, oracle, twist, true),
      ...decided(rested, at, now, oracle, twist, true),
    ];
  }
  const found = decided(world, at, now, oracle, twist);
  for (const [other, section] of now) {
    if (section === null) continue;
    if (world.budget.lost > 0)
      found.push(...decided(spend(world, 'lost'), at, new Map(now).set(other, null), oracle, twist));
    if (world.budget.torn > 0)
      found.push({
        label: `${hostName(at)} reads the report of ${hostName(other)}, and the others later`,
        world: withHost(spend(world, 'torn'), at, { torn: { from: other, section: JSON.parse(section) } }),
      });
  }
  return found;
}

function decided(
  world: World,
  at: number,
  reports: Map<number, string | null>,
  oracle: Oracle,
  twist: Twist,
  always = false,
): Step[] {
  const host = world.hosts[at];
  if (!host) return [];
  let { word, argument, entry } = oracle.decide(world, at, reports);
  const label = `${hostName(at)} polls: ${word} ${argument}`.trimEnd();
  if (['wait', 'halt'].includes(word) && !/cnt\d| here/.test(argument))
    return [{ label, world, broken: `a ${word} that names nobody: ${argument}` }];
  if (
    twist.timeoutBootstrap &&
    at === 0 &&
    host.entry.state === 'BLANK' &&
    word === 'wait' &&
    [...reports.values()].every((one) => one === null)
  ) {
    const attempt = {
      kind: 'genesis',
      nonce: 'n900',
      boot: 'now',
      list: 'x',
      history: 'h900',
      position: 'p0',
    };
    word = 'genesis';
    entry = {
      ...host.entry,
      state: 'MEMBER',
      history: 'h900',
      line: [],
      attempt: { ...attempt, waived: [], done: true },
    };
  }
  const ignored = word === 'recover' || word === 'ask' ? laterData(world, at, reports) : -1;
  if (ignored >= 0)
    return [
      {
        label,
        world,
        broken: `${hostName(ignored)} answered, and holds a served write that ${hostName(at)} lacks`,
      },
    ];
  if (QUIET.has(word)) return always ? [{ label, world }] : [];
  const peer = word === 'join' ? world.hosts[hostIndex(argument)]?.copy : null;
  const pending: Pending = {
    word,
    argument: word === 'join' || word === 'promise' ? argument : '',
    entry,
    steps: stepsOf(word, entry.state),
    peer: peer
      ? { history: entry.state === 'JOINING' ? (entry.history ?? '') : peer.history, writes: peer.writes }
      : null,
    runs: host.daemon?.runs ?? 'no',
  };
  return [{ label, world: withHost(world, at, { pending }) }];
}

/**
 * A host that answered and holds, as it does now, a served write that this one lacks; or -1. What lies
 * beyond the fork of a history that was left behind by an operator's word is left behind.
 */
function laterData(world: World, at: number, reports: Map<number, string | null>): number {
  const own = world.hosts[at];
  if (!own) return -1;
  const line = own.entry.line.map(([ancestor]) => ancestor);
  return world.hosts.findIndex((host, other) => {
    const behind = host.entry.history !== null && line.includes(host.entry.history);
    const later = (heldBy(host) & ~heldBy(own)) !== 0;
    return later && !behind && reports.get(other) === sectionOf(world, other);
  });
}

function stepsOf(word: string, state: string): Pending['steps'] {
  if (word === 'genesis') return ['make', 'record', 'bootstrap'];
  if (word === 'recover') return ['record', 'bootstrap'];
  if (word === 'join') return state === 'JOINING' ? ['record', 'empty', 'start'] : ['start'];
  if (word === 'stop') return ['stop'];
  if (word === 'wipe') return ['stop', 'empty', 'record'];
  if (word === 'restore') return ['stop', 'restore', 'record'];
  return ['record'];
}

// Acting: one step of a pending word.

function act(world: World, at: number, pending: Pending): Step {
  const [step, ...rest] = pending.steps;
  const label = `${hostName(at)} acts: ${pending.word} ${pending.argument}`.trimEnd();
  const after = withHost(world, at, { pending: rest.length > 0 ? { ...pending, steps: rest } : null });
  if (step === 'record') return record(after, at, pending, `${label}: record`);
  if (step === 'start') return { label: `${label}: start`, world: start(after, at, pending) };
  if (step === 'bootstrap') return bootstrap(after, at, `${label}: bootstrap`);
  if (step === 'stop' && (world.hosts[at]?.daemon?.runs ?? 'no') !== pending.runs)
    return {
      label: `${label}: dropped, mariadbd is another one now`,
      world: withHost(world, at, { pending: null }),
    };
  if (step === 'stop') return { label: `${label}: stop`, world: stopDaemon(after, at) };
  if (step === 'make') return make(after, at, pending, `${label}: new datadir`);
  if (step === 'restore') return { label: `${label}: put the copy back`, world: restored(after, at) };
  const before = world.hosts[at]?.entry.before ? (world.hosts[at]?.copy ?? null) : null;
  return { label: `${label}: empty datadir`, world: withHost(after, at, { copy: null, before }) };
}

function restored(world: World, at: number): World {
  const before = world.hosts[at]?.before;
  return before ? withHost(world, at, { copy: before, before: null }) : world;
}

function record(world: World, at: number, pending: Pending, label: string): Step {
  const host = world.hosts[at];
  const synced = pending.word === 'synced';
  if (synced && host?.copy) {
    const broken = overwritten(world, host.before, host.copy.history, host.copy.writes);
    if (broken) return { label, world, broken: `${hostName(at)}: ${broken}` };
  }
  let next = withHost(world, at, { entry: pending.entry, ...(synced ? { before: null } : {}) });
  const old = host?.entry.history;
  const fresh = pending.entry.history;
  if (pending.word === 'recover' && old && fresh && old !== fresh)
    next = { ...next, parents: [...next.parents, [fresh, old]] };
  return { label, world: next };
}

/** What is wrong with throwing this copy away for one of another host, if anything. */
function overwritten(world: World, copy: Copy | null, history: string, writes: number): string | null {
  if (!copy || copy.partial) return null;
  if ((copy.writes & ~writes) !== 0) return 'a served write is thrown away for a copy that lacks it';
  if (world.served.includes(copy.history) && !leadsTo(world, copy.history, history))
    return 'a member of a served history is overwritten by another history';
  return null;
}

function start(world: World, at: number, pending: Pending): World {
  const host = world.hosts[at];
  const history = host?.entry.state === 'MEMBER' ? host.entry.history : (pending.peer?.history ?? null);
  const to = hostIndex(pending.argument);
  const daemon = { to, synced: false, cache: 'p0', view: 'v0', members: 0, history: history ?? '' };
  return withHost(world, at, { daemon: { runs: 'starting', ...daemon } });
}

function make(world: World, at: number, pending: Pending, label: string): Step {
  const copy = world.hosts[at]?.copy;
  const history = pending.entry.history ?? '';
  const broken = overwritten(world, copy ?? null, history, 0);
  const made: Copy = { history, position: 'p1', writes: 0, partial: false };
  const next = withHost(world, at, { copy: made });
  if (broken) return { label, world: next, broken: `${hostName(at)}: ${broken}` };
  const holder = world.hosts.findIndex((host) => heldBy(host) !== 0);
  if (holder >= 0)
    return { label, world: next, broken: `a database is created beside the one on ${hostName(holder)}` };
  return { label, world: next };
}

/** Starts the one daemon that forms a Primary component by itself. */
function bootstrap(world: World, at: number, label: string): Step {
  const host = world.hosts[at];
  if (!host?.copy) return { label, world };
  const history = host.entry.history ?? '';
  const alone = { to: at, synced: true, cache: host.copy.position, view: 'v0', members: 0, history };
  const ready = withHost(world, at, {
    copy: { ...host.copy, history },
    daemon: { runs: 'nonprimary', ...alone },
  });
  const next = newView(ready, [at]);
  const rival = next.hosts.findIndex(
    (other, index) => index !== at && other.daemon?.runs === 'primary' && other.daemon.history === history,
  );
  if (rival >= 0)
    return {
      label,
      world: next,
      broken: `${hostName(at)} and ${hostName(rival)} are both Primary with one history, apart`,
    };
  return { label, world: regroup(next) };
}

/** A clean stop: the others of its view go on as a smaller one. */
function stopDaemon(world: World, at: number): World {
  const daemon = world.hosts[at]?.daemon;
  if (!daemon) return world;
  const left = component(world, at).filter((other) => other !== at);
  const gone = withHost(world, at, { daemon: null });
  return regroup(left.length > 0 ? newView(gone, left) : gone);
}

// Daemons.

/** A daemon that starts finds its Primary component, or gives up. */
function connect(world: World, at: number, twist: Twist): Step {
  const host = world.hosts[at];
  const daemon = host?.daemon;
  const name = hostName(at);
  if (!host || !daemon) return { label: '', world };
  const found = [daemon.to, ...world.hosts.keys()].find((other) => {
    const theirs = world.hosts[other]?.daemon;
    return (
      other !== at &&
      reaches(world, at, other) &&
      theirs?.runs === 'primary' &&
      theirs.history === daemon.history
    );
  });
  const failed = {
    label: `${name}: mariadbd finds no Primary component and ends`,
    world: withHost(world, at, { daemon: null }),
  };
  if (found === undefined) return failed;
  const there = component(world, found);
  const ist =
    host.entry.state === 'MEMBER' && host.copy?.history === daemon.history && sendable(world, there, at);
  if (!ist && host.entry.state === 'MEMBER' && !twist.sstUnguarded) return failed;
  const donor = there.map((other) => world.hosts[other]?.copy).find((copy) => copy) ?? null;
  const partial = donor ? { ...donor, writes: 0, partial: true } : null;
  const copy = ist ? host.copy : partial;
  const joined = withHost(world, at, { copy, daemon: { ...daemon, runs: 'primary', synced: false } });
  return {
    label: `${name}: mariadbd joins by ${ist ? 'IST' : 'SST'}`,
    world: newView(joined, [...there, at]),
  };
}

/** The copy is complete: the host holds what its donor holds. */
function sync(world: World, at: number): Step[] {
  const host = world.hosts[at];
  const donor = component(world, at).find((other) => world.hosts[other]?.daemon?.synced);
  if (!host?.daemon) return [];
  const copy = donor === undefined ? null : world.hosts[donor]?.copy;
  if (!copy) {
    const ended = regroup(withHost(world, at, { daemon: null }));
    return [{ label: `${hostName(at)}: mariadbd has no donor any more and ends`, world: ended }];
  }
  const label = `${hostName(at)}: mariadbd is Synced`;
  const lost = host.copy && !host.copy.partial ? host.copy.writes & ~copy.writes : 0;
  const cache = host.copy && !host.copy.partial ? host.daemon.cache : copy.position;
  const next = withHost(world, at, { copy, daemon: { ...host.daemon, synced: true, cache } });
  if (lost !== 0) return [{ label, world: next, broken: `${hostName(at)}: IST drops a served write` }];
  return [{ label, world: next }];
}

/** A client writes, where the gate is open; the write is on every Synced member. */
function writes(world: World, oracle: Oracle): Step[] {
  if (world.budget.write === 0) return [];
  return world.hosts.flatMap((host, at) => {
    const all = component(world, at);
    if (!host.daemon?.synced || all[0] === undefined) return [];
    const synced = all.filter((other) => world.hosts[other]?.daemon?.synced);
    const rows = synced.filter((other) => world.hosts[other]?.entry.state === 'MEMBER');
    if (!oracle.serves(world, at, rows.map(hostName))) return [];
    return [served(world, at, synced, rows)];
  });
}

function served(world: World, at: number, synced: number[], rows: number[]): Step {
  const write = bit(bitsUsed(world.writes));
  const history = world.hosts[at]?.daemon?.history ?? '';
  const held = world.hosts[at]?.copy?.writes ?? 0;
  const next = advance(spend(world, 'write'), synced, write);
  const list = world.served.includes(history) ? world.served : [...world.served, history];
  return {
    label: `${hostName(at)} serves a write in ${history}, on ${synced.map(hostName).join(' and ')}`,
    world: { ...next, served: list, writes: world.writes | write },
    ...judged(world, at, history, held, rows),
  };
}

function judged(
  world: World,
  at: number,
  history: string,
  held: number,
  rows: number[],
): { broken?: string } {
  const controllers = controllersOf(world, world.hosts[at]?.list ?? 0);
  const counted = rows.filter((row) => controllers.includes(hostName(row)));
  if (counted.length * 2 <= controllers.length)
    return { broken: "a served write is not on a majority of members' disks" };
  for (const other of world.served) {
    // A history of which no disk is left, but those that the operator gave up, is nobody's any more.
    const there = world.hosts.some(
      (host, at) => (world.excused & bit(at)) === 0 && holds(world, host, other),
    );
    if (leadsTo(world, other, history) || !there) continue;
    return { broken: `${history} serves, and ${other}, which it does not come from, has served` };
  }
  const missing = world.writes & ~held;
  const holder = world.hosts.findIndex(
    (host, other) => (world.excused & bit(other)) === 0 && (heldBy(host) & missing) !== 0,
  );
  if (holder >= 0)
    return { broken: `${history} serves without a served write that is on the disk of ${hostName(holder)}` };
  return {};
}

function holds(world: World, host: Host, history: string): boolean {
  return copiesOf(host).some((copy) => leadsTo(world, history, copy.history));
}

function bitsUsed(set: number): number {
  return 32 - Math.clz32(set);
}

// Faults and the operator.

function spend(world: World, what: keyof Budget): World {
  return { ...world, budget: { ...world.budget, [what]: world.budget[what] - 1 } };
}

function faults(world: World, at: number, twist: Twist): Step[] {
  const host = world.hosts[at];
  const name = hostName(at);
  const { budget } = world;
  const found: Step[] = [];
  if (!host) return found;
  if (!host.up) {
    found.push({ label: `${name} boots`, world: withHost(world, at, { up: true }) });
    if (budget.wipe > 0)
      found.push({ label: `${name} gets an empty disk`, world: wiped(spend(world, 'wipe'), at) });
    return found;
  }
  if (budget.crash > 0)
    found.push({ label: `${name} loses power`, world: cut(spend(world, 'crash'), at, twist) });
  if (budget.wipe > 0)
    found.push({
      label: `${name} loses power and its disk`,
      world: wiped(cut(spend(world, 'wipe'), at, twist), at),
    });
  if (budget.stop > 0 && !host.pending)
    found.push({
      label: `${name} is shut down`,
      world: cut(stopDaemon(spend(world, 'stop'), at), at, twist),
    });
  if (host.blind)
    found.push({
      label: `the position on ${name} can be told again`,
      world: withHost(world, at, { blind: false }),
    });
  else if (budget.blind > 0 && host.entry.state === 'MEMBER' && !host.daemon)
    found.push({
      label: `the position on ${name} cannot be told`,
      world: withHost(spend(world, 'blind'), at, { blind: true }),
    });
  if (host.garbled)
    found.push({ label: `${name} can be read again`, world: withHost(world, at, { garbled: false }) });
  else if (budget.garble > 0)
    found.push({
      label: `${name} cannot be read`,
      world: withHost(spend(world, 'garble'), at, { garbled: true }),
    });
  if (budget.kill > 0 && (host.daemon || host.pending)) {
    const killed = withHost(spend(world, 'kill'), at, { daemon: null, pending: null, torn: null });
    found.push({ label: `${name}: mariadbd and the loop are killed`, world: regroup(killed) });
  }
  return found;
}

/** Power off: what ran is gone, what was fsync'd stays, and the boot that an attempt was made in is over. */
function cut(world: World, at: number, twist: Twist): World {
  const entry = world.hosts[at]?.entry;
  if (!entry) return world;
  const attempt = entry.attempt && { ...entry.attempt, boot: 'before' };
  const off = { up: false, daemon: null, pending: null, entry: { ...entry, attempt } };
  const kept = twist.answersOutliveDisk ? {} : { torn: null };
  return regroup(withHost(world, at, { ...off, ...kept }));
}

function wiped(world: World, at: number): World {
  const entry = {
    incarnation: 'i900',
    state: 'BLANK',
    history: null,
    line: [],
    before: null,
    promise: null,
    attempt: null,
    waivers: [],
  };
  return withHost(world, at, { entry, copy: null, before: null });
}

function splits(world: World): Step[] {
  if (world.split >= 0) return [{ label: 'the network heals', world: regroup({ ...world, split: -1 }) }];
  if (world.budget.split === 0) return [];
  return world.hosts.map((_, at) => ({
    label: `${hostName(at)} is cut off`,
    world: regroup({ ...spend(world, 'split'), split: at }),
  }));
}

function operator(world: World): Step[] {
  const found: Step[] = [];
  world.hosts.forEach((host, at) => {
    if (world.budget.absent > 0)
      found.push({
        label: `the inventory says that ${hostName(at)} is absent`,
        world: { ...spend(world, 'absent'), absent: at, excused: world.excused | bit(at) },
      });
    // What has begun holds the lock, so the operator's change comes after it; what is decided is dropped.
    if (!host.up || begun(host.pending)) return;
    if (world.absent >= 0 && host.list === 0 && at !== world.absent)
      found.push({ label: `${hostName(at)} gets the new seed`, world: newSeed(world, at) });
    if (world.budget.waive > 0)
      world.hosts.forEach((_, other) => {
        if (!reaches(world, at, other) && !host.entry.waivers.includes(hostName(other)))
          found.push({
            label: `${hostName(other)} is waived on ${hostName(at)}`,
            world: waived(world, at, other),
          });
      });
  });
  return found;
}

function begun(pending: Pending | null): boolean {
  return pending !== null && pending.steps.length < stepsOf(pending.word, pending.entry.state).length;
}

export function newSeed(world: World, at: number): World {
  return withHost(world, at, { list: 1, pending: null, torn: null });
}

function waived(world: World, at: number, other: number): World {
  const entry = world.hosts[at]?.entry;
  if (!entry) return world;
  const waivers = [...entry.waivers, hostName(other)].sort();
  const next = { ...spend(world, 'waive'), excused: world.excused | bit(other) };
  return withHost(next, at, { entry: { ...entry, waivers }, pending: null, torn: null });
}
