import { readFileSync, statSync } from 'node:fs';
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Finding, Place } from '../report/finding.ts';
import { decode } from './decode.ts';
import { type Lines, lines } from './lines.ts';
import { keyText, placeOf, plain, type Tree } from './plain.ts';
import { syntaxFinding } from './syntax.ts';
import type { Document, Path } from './types.ts';

/**
 * A fleet of 5,000 hosts takes one MiB and half a second. Far larger files take the parser so long
 * that a message is the better answer.
 */
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_LINES = 500_000;

/** Reads a YAML file. What keeps it from being read is a finding, never thrown. */
export function readYaml(file: string): Document {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) return unread(file, 'unreadable', 'is a folder, not a file');
    if (!stat.isFile()) return unread(file, 'unreadable', 'is not a regular file');
    if (stat.size > MOST_BYTES) return tooLarge(file, stat.size);
    return parseYaml(file, readFileSync(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return unread(file, 'file-missing', 'does not exist');
    if (code === 'EACCES') return unread(file, 'unreadable', 'may not be read', 'look at its permissions');
    return unread(file, 'unreadable', `cannot be read (${code})`);
  }
}

/** Parses the bytes of a YAML 1.2 file (core schema) that holds one document. `file` is for messages only. */
export function parseYaml(file: string, bytes: Uint8Array | string): Document {
  if (bytes.length > MOST_BYTES) return tooLarge(file, bytes.length);
  const { text, findings } = decode(file, bytes);
  const at = lines(file, text);
  if (findings.length > 0) return failed(at, findings);
  if (countLines(text) > MOST_LINES) return unread(file, 'too-large', `has more than ${MOST_LINES} lines`);
  const parsed = parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    version: '1.2',
    merge: false,
  });
  const [error] = parsed.errors;
  if (error !== undefined) return failed(at, [syntaxFinding(error, at, opening(parsed.contents, error))]);
  const unknown = parsed.warnings.some(({ code }) => code === 'BAD_DIRECTIVE');
  if (unknown || parsed.directives?.yaml.version !== '1.2') return failed(at, [directive(at)]);
  const { value, findings: more, aliases, leftOut } = plain(parsed.contents, at);
  return { file, value, findings: more, leftOut, locate: locator(parsed.contents, aliases, at) };
}

/** Of a file as a whole, its first key. */
function rootPlace(root: unknown, at: Lines): Place {
  const first = isMap(root) ? root.items[0]?.key : undefined;
  return isScalar(first) ? placeOf(first, at) : at.place(0, 1);
}

/** Where the quote or bracket begins that an error finds unclosed at its end. */
function opening(root: ParsedNode | null, { message, pos }: YAMLError): number | undefined {
  if (!/^Missing closing|must be sufficiently indented and end with/.test(message)) return undefined;
  let found: number | undefined;
  visit(root, {
    Node(_, node) {
      const open = isScalar(node) ? /^QUOTE/.test(node.type ?? '') : isCollection(node) && node.flow;
      if (open && node.range && node.range[0] < pos[0] && node.range[1] >= pos[0]) found = node.range[0];
    },
  });
  return found;
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1 && count <= MOST_LINES; at = text.indexOf('\n', at + 1))
    count++;
  return count;
}

/** The file is read as YAML 1.2, and a directive asks for something else. */
function directive(at: Lines): Finding {
  const from = Math.max(0, at.text.search(/^%/m));
  return {
    severity: 'error',
    code: 'directive',
    path: '',
    message: 'a directive that is not known',
    hint: 'take the line that begins with % out; the file is read as YAML 1.2',
    place: at.place(from, at.text.length),
  };
}

function failed(at: Lines, findings: Finding[]): Document {
  return {
    file: at.file,
    value: undefined,
    findings,
    locate: (path) => (path.length ? undefined : at.place(0, 1)),
  };
}

function tooLarge(file: string, size: number): Document {
  const megabytes = (size / 1024 / 1024).toFixed(1);
  const hint = 'repeat less: a group says once what its hosts have in common';
  return unread(file, 'too-large', `is ${megabytes} MiB; the limit is ${MOST_BYTES / 1024 / 1024} MiB`, hint);
}

function unread(file: string, code: string, message: string, hint?: string): Document {
  const finding: Finding = { severity: 'error', code, path: '', message: `${file} ${message}` };
  if (hint !== undefined) finding.hint = hint;
  return { file, value: undefined, findings: [finding], locate: () => undefined };
}

function locator(root: unknown, aliases: Map<unknown, Tree>, at: Lines): Document['locate'] {
  const pairs = new Map<unknown, Map<string, { key: unknown; value: unknown }>>();
  const follow = (node: unknown): unknown => aliases.get(node) ?? node;
  const pairOf = (node: unknown, step: string) => {
    if (!isMap(node)) return undefined;
    let known = pairs.get(node);
    if (known === undefined) {
      known = new Map();
      for (const { key, value } of node.items) {
        const text = keyText(key);
        if (text !== undefined && !known.has(text)) known.set(text, { key, value });
      }
      pairs.set(node, known);
    }
    return known.get(step);
  };
  return (path: Path, what = 'value'): Place | undefined => {
    let key: unknown;
    let value = root;
    for (const step of path) {
      const parent = follow(value);
      const pair = typeof step === 'string' ? pairOf(parent, step) : undefined;
      if (typeof step === 'number' && isSeq(parent) && step < parent.items.length) {
        [key, value] = [undefined, parent.items[step]];
      } else if (pair) {
        [key, value] = [pair.key, pair.value];
      } else {
        return undefined;
      }
    }
    if (path.length === 0) return rootPlace(root, at);
    if (what === 'key' && key !== undefined) return placeOf(key, at);
    return placeOf(value ?? key, at);
  };
}
