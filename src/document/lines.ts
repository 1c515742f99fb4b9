import type { Place } from '../report/finding.ts';

/** The text of a file by lines, to tell where an offset stands. Line breaks are LF only. */
export interface Lines {
  file: string;
  text: string;
  /** Place of text[from..to), cut at the end of its first line. */
  place(from: number, to: number): Place;
}

export function lines(file: string, text: string): Lines {
  let starts: number[] | undefined;
  return {
    file,
    text,
    place(from, to) {
      starts ??= lineStarts(text);
      const offset = Math.max(0, Math.min(from, text.length));
      const index = lastAtMost(starts, offset);
      const start = starts[index] ?? 0;
      const end = (starts[index + 1] ?? text.length + 1) - 1;
      const length = Math.max(1, Math.min(to, end) - offset);
      return { file, line: index + 1, column: offset - start + 1, length, source: text.slice(start, end) };
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the last element that is not above `limit`, in a sorted list that begins with 0. */
function lastAtMost(sorted: number[], limit: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
