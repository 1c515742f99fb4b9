import type { Finding, Place } from '../report/finding.ts';

export type Path = (string | number)[];

/** A YAML file that was read: its plain value, what was wrong with it, and where each thing in it stands. */
export interface Document {
  file: string;
  /** Plain JavaScript; undefined where the file could not be read as YAML at all. */
  value: unknown;
  findings: Finding[];
  /** Where `value` lacks what the file has, since a finding says why it cannot be carried over. */
  leftOut?: Path[];
  /** Place of the value at a path, or of its key; undefined where there is none. */
  locate(path: Path, what?: 'key' | 'value'): Place | undefined;
}
