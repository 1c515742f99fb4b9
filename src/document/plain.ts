import { isAlias, isMap, isScalar, type Pair, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Finding } from '../report/finding.ts';
import type { Lines } from './lines.ts';
import { formatKey, formatPath } from './path.ts';
import type { Path } from './types.ts';

/** Deeper than any inventory, and far from where recursion ends. */
const DEEPEST = 64;
/** How many values aliases may repeat in all. */
const MOST_REPEATED = 200_000;
const CORE_TAGS = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;

/** Stands for a value that became a finding: the key is left out, so that nobody asks for its form as well. */
const LEFT_OUT = Symbol('left out');

export type Tree = Scalar | YAMLMap | YAMLSeq;

/** An anchor that was read: its node, its plain value, and how many nodes that holds. */
interface Anchor {
  node: Tree;
  value: unknown;
  size: number;
}

interface Walk {
  at: Lines;
  findings: Finding[];
  leftOut: Path[];
  anchors: Map<string, Anchor | 'open'>;
  /** What each alias stands for. */
  aliases: Map<unknown, Tree>;
  size: number;
  repeated: number;
}

/**
 * The plain value of a parsed YAML tree. Maps have no prototype, so that no key of the user's meets a
 * property of Object. Keys are strings as they are written (`1e3:` is "1e3"). Values of an alias are
 * shared, not copied. What cannot be carried over is left out and becomes a finding.
 */
export function plain(
  root: unknown,
  at: Lines,
): { value: unknown; findings: Finding[]; leftOut: Path[]; aliases: Map<unknown, Tree> } {
  const walk: Walk = {
    at,
    findings: [],
    leftOut: [],
    anchors: new Map(),
    aliases: new Map(),
    size: 0,
    repeated: 0,
  };
  const value = plainNode(root, [], walk);
  return { ...walk, value: value === LEFT_OUT ? null : value };
}

function plainNode(node: unknown, path: Path, walk: Walk): unknown {
  walk.size++;
  if (isAlias(node)) return plainAlias(node, path, walk);
  if (!isTree(node)) return null;
  if (path.length > DEEPEST) {
    add(walk, 'too-deep', path.slice(0, 8), `nested more than ${DEEPEST} deep`, node);
    return LEFT_OUT;
  }
  if (node.tag !== undefined && !CORE_TAGS.test(node.tag)) {
    const tag = node.tag.replace('tag:yaml.org,2002:', '!!');
    add(walk, 'unknown-tag', path, `YAML tag ${formatKey(tag)} is not known`, node, 'take the tag out');
    return LEFT_OUT;
  }
  const { anchor } = node;
  const before = walk.size;
  if (anchor !== undefined) walk.anchors.set(anchor, 'open');
  const value = isScalar(node) ? plainScalar(node, path, walk) : plainCollection(node, path, walk);
  if (anchor !== undefined) walk.anchors.set(anchor, { node, value, size: walk.size - before + 1 });
  return value;
}

function isTree(node: unknown): node is Tree {
  return typeof node === 'object' && node !== null && (isScalar(node) || 'items' in node);
}

function plainCollection(node: YAMLMap | YAMLSeq, path: Path, walk: Walk): unknown {
  if (!isMap(node)) {
    return node.items.map((item, index) => {
      const value = plainNode(item, [...path, index], walk);
      return value === LEFT_OUT ? null : value;
    });
  }
  const value: Record<string, unknown> = Object.create(null);
  const seen = new Map<string, unknown>();
  for (const pair of node.items) {
    const key = plainKey(pair, path, walk);
    if (key === undefined) {
      walk.leftOut.push([...path, keyText(pair.key) ?? '']);
      continue;
    }
    const first = seen.get(key);
    if (first !== undefined) {
      addDuplicate(walk, [...path, key], pair.key, first);
      continue;
    }
    seen.set(key, pair.key);
    const item = plainNode(pair.value, [...path, key], walk);
    if (item !== LEFT_OUT) value[key] = item;
    else walk.leftOut.push([...path, key]);
  }
  return value;
}

/** The key as it is written, or undefined where it cannot be one. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  if (key.type === Scalar.PLAIN && key.source !== undefined && key.source !== '') return key.source;
  return typeof key.value === 'string' ? key.value : undefined;
}

function plainKey(pair: Pair, path: Path, walk: Walk): string | undefined {
  const key = keyText(pair.key);
  if (key === undefined) {
    const hint = 'a key is a name; if this is meant as text (such as {{ … }}), write it in quotes';
    add(walk, 'bad-key', path, 'a key that is not a name', pair.key, hint);
  } else if (key === '__proto__') {
    add(walk, 'bad-key', [...path, key], 'this key is not allowed', pair.key);
  } else if (key === '<<') {
    const hint = 'YAML 1.2 has none; write the values out, or give hosts a common group';
    add(walk, 'merge-key', [...path, key], 'merge keys are not supported', pair.key, hint);
  } else if (isTree(pair.key) && pair.key.tag !== undefined && !CORE_TAGS.test(pair.key.tag)) {
    add(walk, 'unknown-tag', [...path, key], 'a key with a YAML tag', pair.key, 'take the tag out');
  } else {
    return key;
  }
  return undefined;
}

function plainScalar(node: Scalar, path: Path, walk: Walk): unknown {
  const { value } = node;
  if (typeof value === 'number') {
    const whole = /^[-+]?(0[xo])?[0-9A-Fa-f]+$/.test(node.source ?? '');
    if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
      add(walk, 'bad-number', path, 'a number that cannot be kept exactly', node, 'write it in quotes');
      return LEFT_OUT;
    }
    return value;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  add(walk, 'unknown-tag', path, 'a value of a kind that is not known', node);
  return LEFT_OUT;
}

function plainAlias(node: { source: string }, path: Path, walk: Walk): unknown {
  const anchor = walk.anchors.get(node.source);
  const name = formatKey(node.source);
  if (anchor === undefined) {
    add(walk, 'unknown-alias', path, `alias *${name} has no anchor before it`, node);
    return LEFT_OUT;
  }
  if (anchor === 'open') {
    add(walk, 'alias-cycle', path, `alias *${name} stands inside of what it names`, node);
    return LEFT_OUT;
  }
  walk.repeated += anchor.size;
  walk.size += anchor.size;
  if (walk.repeated > MOST_REPEATED) {
    const before = walk.repeated - anchor.size;
    // Told once: whatever comes later is over the limit as well.
    if (before <= MOST_REPEATED) {
      add(walk, 'alias-bomb', path, `aliases repeat more than ${MOST_REPEATED} values`, node);
    }
    return LEFT_OUT;
  }
  walk.aliases.set(node, anchor.node);
  return anchor.value;
}

function add(walk: Walk, code: string, path: Path, message: string, node: unknown, hint?: string): void {
  const finding: Finding = { severity: 'error', code, path: formatPath(path), message };
  if (hint !== undefined) finding.hint = hint;
  finding.place = placeOf(node, walk.at);
  walk.findings.push(finding);
}

function addDuplicate(walk: Walk, path: Path, key: unknown, first: unknown): void {
  add(walk, 'duplicate-key', path, 'this key is there twice', key, 'keep one of the two');
  const finding = walk.findings.at(-1);
  if (finding) finding.also = [{ message: 'first here', place: placeOf(first, walk.at) }];
}

/** Place of a node of the parsed tree. */
export function placeOf(node: unknown, at: Lines): ReturnType<Lines['place']> {
  const range =
    typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
      ? node.range
      : [0, 1];
  return at.place(Number(range[0]), Number(range[1]));
}
