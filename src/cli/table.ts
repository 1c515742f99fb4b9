/** A cell longer than this does not widen its column for all the others. */
const WIDEST = 48;

/** Lines up cells in columns two spaces apart, `indent` spaces in; nothing trails behind the last cell. */
export function table(rows: string[][], indent = 0): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length > WIDEST ? 0 : cell.length);
    });
  }
  const margin = ' '.repeat(indent);
  return rows
    .map((row) => `${margin}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`)
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** A value on one line: text as it is, lists with commas, all else as JSON; control characters made visible. */
export function onOneLine(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value) && value.every((item) => typeof item !== 'object')
        ? value.join(', ') || '-'
        : JSON.stringify(value);
  return (text ?? '').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

/** "1 host", "3 hosts". */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
