import type { YAMLError } from 'yaml';
import type { Finding } from '../report/finding.ts';
import type { Lines } from './lines.ts';

/** What the parser's error means, in words for somebody who writes an inventory, and what to do. */
const MEANINGS: { when: RegExp; message: string; hint?: string }[] = [
  {
    when: /^TAB_AS_INDENT /,
    message: 'a tab where only spaces may indent',
    hint: 'indent by spaces; most editors can convert tabs',
  },
  {
    when: /^MULTIPLE_DOCS /,
    message: 'a second document in the same file',
    hint: 'keep one document, and take out the line `---` or `...` between them',
  },
  {
    when: /^RESOURCE_EXHAUSTION /,
    message: 'nested too deeply',
    hint: 'an inventory needs no more than about ten levels',
  },
  {
    when: /^BLOCK_AS_IMPLICIT_KEY Nested mappings/,
    message: 'a second colon in one line',
    hint: 'write a value that holds ": " in quotes',
  },
  {
    when: /^BAD_SCALAR_START Plain value cannot start with (reserved character|directive indicator)/,
    message: 'a value that begins with a character which YAML keeps for itself',
    hint: 'write the value in quotes',
  },
  {
    when: /^BAD_INDENT Flow .* must be sufficiently indented and end with/,
    message: 'an opening bracket that is never closed, or its end is not indented',
    hint: 'close it, and indent the closing bracket more than the key it belongs to',
  },
  {
    when: /^MISSING_CHAR Missing closing/,
    message: 'an opening quote that is never closed',
    hint: 'close the quote',
  },
  {
    when: /^MISSING_CHAR Implicit keys need to be on a single line|^MULTILINE_IMPLICIT_KEY /,
    message: 'a line without a colon where "key: value" is expected',
    hint: 'is a colon, or the space after it, missing?',
  },
  {
    when: /^MISSING_CHAR Implicit map keys need to be followed by map values/,
    message: 'a key without a colon',
    hint: 'write "key: value", with a space after the colon',
  },
  {
    when: /^BAD_INDENT |^UNEXPECTED_TOKEN Unexpected (scalar|block|flow|seq|map)/,
    message: 'indented differently from the lines that it belongs to',
    hint: 'line it up with the keys above',
  },
  {
    when: /^BAD_DQ_ESCAPE /,
    message: 'an unknown escape in double quotes',
    hint: 'use single quotes, or write \\\\ for \\',
  },
  { when: /^KEY_OVER_1024_CHARS /, message: 'a key of more than 1024 characters' },
];

/**
 * Only the first of these is told: what follows a syntax error is seldom an error of its own.
 * `opening` is where a quote or bracket begins that is not closed.
 */
export function syntaxFinding(error: YAMLError, at: Lines, opening?: number): Finding {
  const known = MEANINGS.find(({ when }) => when.test(`${error.code} ${error.message}`));
  const finding: Finding = {
    severity: 'error',
    code: error.code === 'RESOURCE_EXHAUSTION' ? 'too-deep' : 'syntax',
    path: '',
    message: known?.message ?? `not YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
    place: opening === undefined ? at.place(error.pos[0], error.pos[1]) : at.place(opening, opening + 1),
  };
  if (known?.hint !== undefined) finding.hint = known.hint;
  return finding;
}
