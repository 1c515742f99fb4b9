import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** One line each: what was acknowledged, what may or may not have come through, what was received. */
export type Mark = '+' | '?' | '<';

export interface Log {
  mark(kind: Mark, number: number): void;
  close(): void;
}

/** Appends `KIND NUMBER MILLISECONDS` lines; a line that was begun is written whole. */
export function openLog(path: string): Log {
  const file = openSync(path, 'a');
  return {
    mark: (kind, number) => {
      writeSync(file, `${kind} ${number} ${Date.now()}\n`);
    },
    close: () => closeSync(file),
  };
}

export interface Entry {
  kind: string;
  number: number;
  /** Milliseconds of the epoch. */
  at: number;
}

export function readLog(path: string): Entry[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line): Entry => {
    const [kind = '', number, at] = line.split(' ');
    return { kind, number: Number(number), at: Number(at) };
  });
}

/** Numbers of one kind, in the order in which they were written. */
export function numbers(entries: Entry[], kind: Mark): number[] {
  return entries.filter((entry) => entry.kind === kind).map(({ number }) => number);
}

/** The longest time between two acknowledgements, in milliseconds, and when it began. */
export function longestGap(entries: Entry[], from: number): { gap: number; since: number } {
  let last = from;
  let longest = { gap: 0, since: from };
  for (const { kind, at } of entries) {
    if (kind !== '+' || at < from) continue;
    if (at - last > longest.gap) longest = { gap: at - last, since: last };
    last = at;
  }
  return longest;
}
