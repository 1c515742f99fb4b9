import type { z } from 'zod';
import { valueAt, withoutPrototype } from './check-schema.ts';
import type { Path } from './types.ts';

/** Each round takes out what the last one found; a few are enough for what taking out uncovers. */
const ROUNDS = 8;

/**
 * What is left of a value when all that does not fit the schema is taken out, so that further checks
 * can be made in the same run. `removed` are the places that were taken out; a finding there or above
 * says nothing. `standIns` take the place of keys of the whole that must be there. Undefined where
 * nothing usable is left.
 */
export function prune<T>(
  input: unknown,
  schema: z.ZodType<T>,
  standIns: Record<string, unknown> = {},
): { value?: T; removed: Path[] } {
  const removed: Path[] = [];
  const value = withoutPrototype(input);
  for (let round = 0; round < ROUNDS; round++) {
    const result = schema.safeParse(value);
    if (result.success) return { value: withoutPrototype(result.data) as T, removed };
    for (const issue of result.error.issues) {
      const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : undefined;
      const places = keys?.map((key) => [...path, key]) ?? [takeable(value, path, standIns)];
      for (const place of places) {
        if (place.length === 0) return { removed };
        takeOut(value, place, standIns);
        removed.push(place);
      }
    }
  }
  return { removed };
}

/** What is there is taken out itself, of a list the whole; for what is missing, that which lacks it. */
function takeable(value: unknown, path: Path, standIns: Record<string, unknown>): Path {
  const list = path.findIndex((step) => typeof step === 'number');
  const place = list === -1 ? path : path.slice(0, list);
  const there = valueAt(value, place) !== undefined || standIn(place, standIns) !== undefined;
  return there ? place : place.slice(0, -1);
}

function takeOut(value: unknown, place: Path, standIns: Record<string, unknown>): void {
  const parent = valueAt(value, place.slice(0, -1));
  const last = place.at(-1);
  if (typeof parent !== 'object' || parent === null || last === undefined) return;
  const instead = standIn(place, standIns);
  if (instead === undefined) delete (parent as Record<string | number, unknown>)[last];
  else (parent as Record<string | number, unknown>)[last] = instead;
}

function standIn([key, ...more]: Path, standIns: Record<string, unknown>): unknown {
  return more.length === 0 && typeof key === 'string' ? valueAt(standIns, [key]) : undefined;
}
