import { heldBy, hostName, leadsTo, type World } from './world.ts';

/** What is wrong with a world, or with the step that led to it; null when nothing is. */
export function invariant(before: World, world: World): string | null {
  return forgotten(before, world) ?? strangers(world) ?? apart(world);
}

/** A served write leaves a disk only with the disk, which is then another one. */
function forgotten(before: World, world: World): string | null {
  for (const [at, host] of world.hosts.entries()) {
    const old = before.hosts[at];
    if (!old || old.entry.incarnation !== host.entry.incarnation) continue;
    if ((heldBy(old) & ~heldBy(host)) !== 0) return `the disk of ${hostName(at)} loses a served write`;
  }
  return null;
}

/** Without an operator's word there is never a second history. */
function strangers(world: World): string | null {
  if (world.excused !== 0) return null;
  const members = world.hosts.flatMap((host, at) =>
    host.entry.state === 'MEMBER' && host.entry.history
      ? [{ name: hostName(at), history: host.entry.history }]
      : [],
  );
  for (const one of members)
    for (const other of members)
      if (!leadsTo(world, one.history, other.history) && !leadsTo(world, other.history, one.history))
        return `${one.name} holds history ${one.history} and ${other.name} holds ${other.history}`;
  return null;
}

/** Never two Primary components of one history. */
function apart(world: World): string | null {
  const primary = world.hosts.flatMap((host, at) =>
    host.daemon?.runs === 'primary' ? [{ at, daemon: host.daemon }] : [],
  );
  for (const one of primary)
    for (const other of primary)
      if (one.daemon.history === other.daemon.history && one.daemon.view !== other.daemon.view)
        return `${hostName(one.at)} and ${hostName(other.at)} are Primary apart, with one history`;
  return null;
}
