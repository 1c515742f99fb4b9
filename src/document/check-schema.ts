import type { z } from 'zod';
import type { Finding, Place } from '../report/finding.ts';
import { explain, type Issue } from './explain.ts';
import { formatPath } from './path.ts';
import type { Document, Path } from './types.ts';

/**
 * Checks what a document holds at `base` (everything, if left out) against a schema. Returns either the
 * value, its maps without prototype, or findings in the order of the file.
 */
export function checkSchema<T>(
  document: Document,
  schema: z.ZodType<T>,
  base: Path = [],
): { value?: T; findings: Finding[] } {
  // Not readable at all: the document says so itself.
  if (document.value === undefined) return { findings: [] };
  const input = valueAt(document.value, base);
  const result = schema.safeParse(input);
  if (result.success) return { value: withoutPrototype(result.data) as T, findings: [] };
  const findings = result.error.issues
    .flatMap((issue) => issueFindings(document, schema, base, issue, input))
    .filter((finding) => !explained(document, finding));
  return { findings: inFileOrder(findings) };
}

/** The value at a path of plain maps and lists; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** Sorted by where they stand; those without a place come first. */
export function inFileOrder(findings: Finding[]): Finding[] {
  const key = ({ place }: Finding): [number, number] => [place?.line ?? 0, place?.column ?? 0];
  return findings
    .map((finding, index) => ({ finding, index, at: key(finding) }))
    .sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1] || a.index - b.index)
    .map(({ finding }) => finding);
}

/** What is missing only because it, or a merge key that would bring it, was left out says nothing new. */
function explained({ leftOut = [] }: Document, { code, path }: Finding): boolean {
  if (code !== 'missing-key') return false;
  return leftOut.some((gone) => {
    if (gone.at(-1) !== '<<') return formatPath(gone) === path;
    const parent = formatPath(gone.slice(0, -1));
    return path.startsWith(`${parent}.`) && !path.slice(parent.length + 1).includes('.');
  });
}

function issueFindings(
  document: Document,
  schema: z.ZodType,
  base: Path,
  issue: Issue,
  input: unknown,
): Finding[] {
  return explain(schema, issue, input).map(({ code, path, message, hint, point, quote }) => {
    const whole = [...base, ...path];
    const finding: Finding = { severity: 'error', code, path: formatPath(whole), message };
    if (hint !== undefined) finding.hint = hint;
    const place = locate(document, whole, point);
    if (place) finding.place = place;
    if (place && quote) finding.hint = `write it in quotes: "${written(place)}"`;
    return finding;
  });
}

function written({ source, column, length }: Place): string {
  return source.slice(column - 1, column - 1 + length);
}

/** Place of the value, of the key, or for what is not there, of the key that should hold it. */
function locate(document: Document, path: Path, point: 'value' | 'key' | 'parent'): Place | undefined {
  if (point === 'key') return document.locate(path, 'key');
  if (point === 'value') {
    const value = valueAt(document.value, path);
    return document.locate(path, typeof value === 'object' && path.length > 0 ? 'key' : 'value');
  }
  return document.locate(path.slice(0, -1), 'key');
}

/** A copy whose maps have no prototype, so that a key `constructor` is only there when somebody wrote it. */
export function withoutPrototype(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototype);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) copy[key] = withoutPrototype(item);
  return copy;
}
