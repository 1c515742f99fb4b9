import { bit, bits, type Daemon, orderOf, reaches, type World, withHost } from './world.ts';

/**
 * What Galera does by itself: who is Primary after somebody came, left or was cut off. A set of daemons is
 * Primary when it is more than half of the last Primary view; a clean leave makes a smaller view, a crash
 * does not. Each new Primary view takes a position.
 */
export function regroup(world: World): World {
  let next = world;
  for (const side of sides(world)) {
    for (const history of new Set(side.map((at) => daemonOf(next, at)?.history ?? '')))
      next = regroupSide(
        next,
        side.filter((at) => daemonOf(next, at)?.history === history),
      );
  }
  return next;
}

function daemonOf(world: World, at: number): Daemon | null {
  return world.hosts[at]?.daemon ?? null;
}

/** Running daemons that reach each other, set by set. */
function sides(world: World): number[][] {
  const running = world.hosts.flatMap((host, at) =>
    host.daemon && host.daemon.runs !== 'starting' ? [at] : [],
  );
  const apart = running.filter((at) => at === world.split);
  const together = running.filter((at) => at !== world.split);
  return [apart, together].filter((side) => side.length > 0);
}

function regroupSide(world: World, side: number[]): World {
  let next = world;
  const primary = (at: number) => daemonOf(next, at)?.runs === 'primary';
  for (const view of new Set(side.filter(primary).map((at) => daemonOf(next, at)?.view ?? ''))) {
    const left = side.filter((at) => daemonOf(next, at)?.view === view && primary(at));
    const members = daemonOf(next, left[0] ?? 0)?.members ?? 0;
    if (bits(members) === left.length) continue;
    next = left.length * 2 > bits(members) ? newView(next, left) : lose(next, left);
  }
  const rest = side.filter((at) => !primary(at));
  if (rest.length === 0) return next;
  const there = side.filter(primary);
  if (there.length > 0) return merge(next, there, rest);
  const last = rest.reduce((best, at) => (viewOf(next, at) > viewOf(next, best) ? at : best));
  const members = daemonOf(next, last)?.members ?? 0;
  const back = rest.filter((at) => (members & bit(at)) !== 0);
  if (back.length * 2 <= bits(members)) return next;
  const current = back.filter((at) => viewOf(next, at) === viewOf(next, last));
  next = newView(next, current);
  return merge(
    next,
    current,
    rest.filter((at) => !current.includes(at)),
  );
}

function viewOf(world: World, at: number): number {
  return orderOf(daemonOf(world, at)?.view ?? 'v0');
}

function lose(world: World, members: number[]): World {
  return members.reduce((next, at) => setDaemon(next, at, { runs: 'nonprimary' }), world);
}

function setDaemon(world: World, at: number, change: Partial<Daemon>): World {
  const daemon = daemonOf(world, at);
  return daemon ? withHost(world, at, { daemon: { ...daemon, ...change } }) : world;
}

/** A Primary view of these daemons; those that are Synced move on by one position together. */
export function newView(world: World, members: number[]): World {
  const set = members.reduce((all, at) => all | bit(at), 0);
  const views = world.hosts.map((host) => orderOf(host.daemon?.view ?? 'v0'));
  let next = world;
  for (const at of members)
    next = setDaemon(next, at, { runs: 'primary', view: `v${Math.max(...views) + 1}`, members: set });
  return advance(next, members, 0);
}

/** One more position for the Synced ones among these, with the writes that it brings. */
export function advance(world: World, members: number[], writes: number): World {
  const synced = members.filter((at) => daemonOf(world, at)?.synced);
  const position = Math.max(0, ...synced.map((at) => orderOf(world.hosts[at]?.copy?.position ?? 'p0'))) + 1;
  return synced.reduce((next, at) => {
    const copy = next.hosts[at]?.copy;
    if (!copy) return next;
    return withHost(next, at, { copy: { ...copy, position: `p${position}`, writes: copy.writes | writes } });
  }, world);
}

/** Daemons that come back to a Primary component: by IST, or they stop where only a full copy would do. */
function merge(world: World, there: number[], rest: number[]): World {
  let next = world;
  const back: number[] = [];
  for (const at of rest) {
    if (sendable(next, there, at)) {
      next = setDaemon(next, at, { runs: 'primary', synced: false });
      back.push(at);
    } else next = withHost(next, at, { daemon: null });
  }
  return back.length > 0 ? newView(next, [...there, ...back]) : next;
}

/** Whether one of these daemons can send to that host what it lacks, without a full copy. */
export function sendable(world: World, there: number[], at: number): boolean {
  const copy = world.hosts[at]?.copy;
  if (!copy || copy.partial) return false;
  return there.some((donor) => {
    const daemon = daemonOf(world, donor);
    return (
      daemon?.synced && daemon.history === copy.history && orderOf(daemon.cache) <= orderOf(copy.position)
    );
  });
}

/** The Primary component that this host is in, or none. */
export function component(world: World, at: number): number[] {
  const daemon = daemonOf(world, at);
  if (daemon?.runs !== 'primary') return [];
  return world.hosts.flatMap((host, other) =>
    host.daemon?.runs === 'primary' && host.daemon.view === daemon.view && reaches(world, at, other)
      ? [other]
      : [],
  );
}
