import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../../src/cli/table.ts';

/** One row of the table: what was measured, against its limit. */
export interface Figure {
  figure: string;
  measured: number;
  limit: number;
  unit: string;
  /** What the limit is made of, or what else was seen. */
  beside: string;
}

export function figureTable(figures: Figure[]): string {
  const rows = figures.map(({ figure, measured, limit, unit, beside }) => [
    figure,
    `${measured.toFixed(1)} ${unit}`,
    `${limit.toFixed(1)} ${unit}`,
    measured <= limit ? 'yes' : 'NO',
    beside,
  ]);
  return table([['FIGURE', 'MEASURED', 'LIMIT', 'HOLDS', 'BESIDE'], ...rows]);
}

export function holds(figures: Figure[]): boolean {
  return figures.every(({ measured, limit }) => measured <= limit);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function told(values: number[], digits = 1): string {
  return values.map((value) => value.toFixed(digits)).join(' ');
}

/** Cores that were busy for so many seconds, whoever kept them so. */
export async function busyCores(seconds: number): Promise<number> {
  const before = ticks();
  await sleep(seconds * 1000);
  return (ticks() - before) / 100 / seconds;
}

/** Of all cores together, in hundredths of a second: user, nice, system, interrupts; not idle, waiting, stolen. */
function ticks(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).map(Number);
  return user + nice + system + irq + softirq;
}
