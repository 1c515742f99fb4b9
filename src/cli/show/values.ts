import type { Fleet } from '../../generate/types.ts';
import type { HostPlan, Origin } from '../../plan/types.ts';

/** A resolved value and where it comes from. */
export interface ShownValue {
  path: string;
  value: unknown;
  /** "default", "group controllers", "component nfs-server". */
  from: string;
  /** Where somebody wrote it. */
  place?: { file: string; line: number };
}

/** Hashes can be guessed at; nobody reads them off a screen. */
const MASK = '***';

/** The values of a host in the order of their paths. */
export function shownValues(host: HostPlan, fleet: Fleet): ShownValue[] {
  return host.explain
    .map(({ path, value, origin }): ShownValue => {
      const place = placeOf(origin, fleet);
      return {
        path,
        value: path.endsWith('password_hash') ? MASK : value,
        from: origin.name === undefined ? origin.kind : `${origin.kind} ${origin.name}`,
        ...(place && { place }),
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function placeOf({ kind, path }: Origin, fleet: Fleet): ShownValue['place'] {
  if (path === undefined) return undefined;
  const place = fleet.document.locate(path);
  if (place) return { file: place.file, line: place.line };
  return kind === 'lock' ? { file: fleet.paths.lock, line: 1 } : undefined;
}
