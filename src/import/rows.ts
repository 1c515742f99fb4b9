import { parse } from 'csv-parse/sync';
import { type Finding, FindingsError } from '../report/finding.ts';

/** A line of a table by the names of its columns, lower case; `line` counts from 1, with the header as the first. */
export interface Row {
  line: number;
  cells: Map<string, string>;
}

/** A host as it goes into an inventory. */
export interface ImportedHost {
  state?: 'absent';
  groups?: string[];
  roles?: string[];
  platform?: string;
  bmc?: { address: string };
  networks: Record<string, Record<string, string | number>>;
}

/**
 * Reads a table with a header: commas, semicolons or tabs, quoted as RFC 4180 has it, with or without a BOM.
 * @throws FindingsError where it is no such table
 */
export function readRows(file: string, text: string): Row[] {
  const delimiter = [';', '\t'].find((one) => text.split(/\r?\n/, 1)[0]?.includes(one)) ?? ',';
  try {
    const records: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      bom: true,
      columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    });
    return records.map(({ record, info }) => ({ line: info.lines, cells: new Map(Object.entries(record)) }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new FindingsError([problem(file, 'import-table', message, 'a table with a header line, as CSV')]);
  }
}

export function problem(where: string, code: string, message: string, hint?: string): Finding {
  return { severity: 'error', code, path: where, message, ...(hint && { hint }) };
}

/** The cell of the first of these columns that is there and not empty. */
export function cell({ cells }: Row, ...names: string[]): string | undefined {
  return names.map((name) => cells.get(name)).find((text) => text !== undefined && text !== '');
}

export function words(text: string | undefined): string[] | undefined {
  const found = (text ?? '').split(/[\s,;]+/).filter((word) => word !== '');
  return found.length > 0 ? found : undefined;
}
