import type { Place } from './finding.ts';
import { columns, harmlessCharacter } from './harmless.ts';

/** Columns of a source line that are shown; a longer one is cut around the place. */
const WIDEST = 110;
const BEFORE = 40;
const TAB = '  ';

/** The source line of a place, made harmless, and what goes below it: blanks, then a mark for each column. */
export function sourceLine(place: Place, mark: string): { source: string; marks: string } {
  const from = place.column - 1;
  const to = from + place.length;
  // Cut by code units first, so that a line of megabytes costs nothing.
  const start = place.source.length > WIDEST && from > BEFORE ? from - BEFORE : 0;
  const end = start + WIDEST;
  const left = start > 0 ? '…' : '';
  const right = end < place.source.length ? '…' : '';
  const before = shown(place.source.slice(start, from));
  const marked = shown(place.source.slice(from, Math.min(to, end)));
  const after = shown(place.source.slice(Math.min(to, end), end));
  const blanks = ' '.repeat(columns(left + before));
  return {
    source: `${left}${before}${marked}${after}${right}`,
    marks: blanks + mark.repeat(Math.max(1, columns(marked))),
  };
}

function shown(text: string): string {
  return Array.from(text, (character) => (character === '\t' ? TAB : harmlessCharacter(character))).join('');
}
