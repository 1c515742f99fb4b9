import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { formatKey } from './path.ts';
import { examplesOf, keyPartsAt, keysOf, partsAt } from './schema-walk.ts';
import type { Path } from './types.ts';

export type Issue = z.core.$ZodIssue;

/** An issue of the schema in the user's words; `point` is what to show of the file. */
export interface Explanation {
  code: string;
  path: Path;
  message: string;
  hint?: string;
  point: 'value' | 'key' | 'parent';
  /** The value is a number or a truth value and should be text: the hint is to quote what stands there. */
  quote?: true;
}

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  null: 'null',
};

/** What is wrong, said by an issue of `schema` that was found in `input`: an issue may be several findings. */
export function explain(schema: z.ZodType, issue: Issue, input: unknown): Explanation[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const value = at(input, path);
  const parts = partsAt(schema, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, parts));
    case 'invalid_key':
      return [badKey(path, issue.issues, keyPartsAt(schema, path))];
    case 'invalid_type':
      if (path.length === 0 && value === null)
        return [{ code: 'empty', path, message: 'nothing is in it', point: 'value' }];
      return [value === undefined ? missing(path, parts) : wrongType(path, value, [issue.expected], parts)];
    case 'invalid_union':
      return value === undefined
        ? [missing(path, parts)]
        : explainUnion(schema, issue, input, path, value, parts);
    case 'invalid_value':
      if (value === undefined) return [missing(path, parts)];
      return [badChoice(path, value, issue.values.map(String))];
    case 'too_big':
    case 'too_small':
      return [outOfBounds(path, issue)];
    default: {
      const hint =
        (typeof value === 'string' ? lowerHint(value, parts) : undefined) ?? example(parts) ?? form(issue);
      return [withHint({ code: 'bad-value', path, message: plainMessage(issue), point: 'value' }, hint)];
    }
  }
}

function at(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function unknownKey(path: Path, key: string, parts: z.ZodType[]): Explanation {
  const keys = parts.flatMap(keysOf);
  const near = nearest(key, keys);
  const hint =
    near !== undefined
      ? `did you mean ${near}?`
      : keys.length > 0
        ? `known here: ${keys.join(', ')}`
        : undefined;
  return withHint({ code: 'unknown-key', path: [...path, key], message: 'unknown key', point: 'key' }, hint);
}

function badKey(path: Path, issues: Issue[], parts: z.ZodType[]): Explanation {
  const [first] = issues;
  const message = first === undefined ? 'not allowed as a name' : plainMessage(first);
  const key = String(path.at(-1));
  return withHint(
    { code: 'bad-name', path, message, point: 'key' },
    nameHint(key, parts) ?? example(parts) ?? form(first),
  );
}

/** A name of the right form that looks like what was written. */
function nameHint(written: string, parts: z.ZodType[]): string | undefined {
  const dashed = written
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const found = [dashed, dashed.replaceAll('-', '')].find((name) => fits(name, parts));
  const short = written.length <= 80 && found !== undefined;
  return lowerHint(written, parts) ?? (short ? `such as ${found}` : undefined);
}

function lowerHint(written: string, parts: z.ZodType[]): string | undefined {
  const lower = written.toLowerCase();
  return lower !== written && fits(lower, parts) ? `write it in lower case: ${lower}` : undefined;
}

function fits(name: string, parts: z.ZodType[]): boolean {
  return parts.some((part) => part.safeParse(name).success);
}

function missing(path: Path, parts: z.ZodType[]): Explanation {
  const key = formatKey(String(path.at(-1) ?? ''));
  const text = examplesOf(parts)[0];
  const hint = text === undefined ? undefined : `such as ${key}: ${text}`;
  return withHint({ code: 'missing-key', path, message: `${key} is missing`, point: 'parent' }, hint);
}

function wrongType(path: Path, value: unknown, expected: string[], parts: z.ZodType[]): Explanation {
  const wanted = [...new Set(expected.map((kind) => KINDS[kind] ?? kind))].join(' or ');
  const message = `must be ${wanted}, not ${kindOf(value)}`;
  const explanation: Explanation = { code: 'wrong-type', path, message, point: 'value' };
  if (value === null) return { ...explanation, hint: 'leave the key out, or give it a value' };
  if (expected.includes('string') && typeof value !== 'object') return { ...explanation, quote: true };
  if (typeof value === 'string' && expected.includes('boolean') && /^(y|n|yes|no|on|off)$/i.test(value)) {
    return { ...explanation, hint: `write ${/^(y|yes|on)$/i.test(value) ? 'true' : 'false'}` };
  }
  if (typeof value === 'string' && expected.includes('array') && /^[\w./:@-]{1,40}$/.test(value)) {
    return { ...explanation, hint: `write it as a list: [${value}]` };
  }
  return withHint(explanation, example(parts));
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'true or false' : 'a number';
}

function badChoice(path: Path, value: unknown, choices: string[]): Explanation {
  const near = typeof value === 'string' ? nearest(value, choices) : undefined;
  const list = choices.join(', ');
  const message = choices.length === 1 ? `must be ${list}` : `must be one of ${list}`;
  return withHint({ code: 'bad-value', path, message, point: 'value' }, near && `did you mean ${near}?`);
}

/**
 * Of the branches that fit the value's type, the one with the fewest faults; where none fits, all that are
 * possible. A text of the wrong form never comes here: zod says then what that branch says.
 */
function explainUnion(
  schema: z.ZodType,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  input: unknown,
  path: Path,
  value: unknown,
  parts: z.ZodType[],
): Explanation[] {
  const atTop = (one: Issue): boolean => one.path.length === 0;
  const fitting = issue.errors.filter(
    (branch) => !branch.some((one) => one.code === 'invalid_type' && atTop(one)),
  );
  const [best] = fitting.sort((a, b) => a.length - b.length);
  const fixed = best?.some((one) => one.code === 'invalid_value' && atTop(one)) && typeof value !== 'string';
  if (best === undefined || fixed) {
    const expected = issue.errors
      .flat()
      .map((one) => (one.code === 'invalid_type' ? one.expected : 'string'));
    return [wrongType(path, value, expected, parts)];
  }
  return best.flatMap((one) => explain(schema, { ...one, path: [...path, ...one.path] } as Issue, input));
}

function outOfBounds(path: Path, issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): Explanation {
  const limit = issue.code === 'too_big' ? issue.maximum : issue.minimum;
  const most = issue.code === 'too_big' ? 'at most' : 'at least';
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' items' : '';
  const message = unit === '' ? `must be ${most} ${limit}` : `must have ${most} ${limit}${unit}`;
  return { code: 'bad-value', path, message, point: 'value' };
}

/** The schema's own words where it has some; zod's are for programmers. */
function plainMessage(issue: Issue): string {
  if (issue.code === 'invalid_format' && issue.message.startsWith('Invalid'))
    return 'not in the form that is expected';
  if (issue.message === 'Invalid input') return 'not a value that is allowed here';
  return issue.message;
}

/** The pattern, where nothing better describes what is wanted. */
function form(issue: Issue | undefined): string | undefined {
  if (issue?.code !== 'invalid_format' || issue.pattern === undefined) return undefined;
  return `it must match ${issue.pattern.replace(/^\/|\/[a-z]*$/g, '')}`;
}

function example(parts: z.ZodType[]): string | undefined {
  const texts = examplesOf(parts);
  return texts.length === 0 ? undefined : `such as ${texts.join(' or ')}`;
}

function withHint(explanation: Explanation, hint: string | undefined): Explanation {
  return hint === undefined ? explanation : { ...explanation, hint };
}
