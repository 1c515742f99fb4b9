import { isDeepStrictEqual } from 'node:util';
import { Document, isScalar, parse, Scalar, visit } from 'yaml';

/**
 * Writes YAML for cloud-init, whose parser is of YAML 1.1: there `52:54:00:00:00:01` is a number and
 * `no` is false, so strings are always quoted, but for texts of whole lines, which are block literals. What
 * was written is parsed again before it leaves.
 */
export function yamlText(value: unknown, header: string): string {
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || !isScalar(node) || typeof node.value !== 'string') return;
      node.type = /^\S[\s\S]*\S\n+$/.test(node.value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
    },
  });
  const text = header + document.toString({ lineWidth: 0, doubleQuotedAsJSON: true });
  if (!isDeepStrictEqual(parse(text, { version: '1.1' }), value))
    throw new Error('YAML did not survive its own parser');
  return text;
}

/** Texts by what they say; emptied when there are too many, so that a large fleet does not fill memory. */
const texts = new Map<string, string>();
const TEXTS_LIMIT = 500;
const LENGTH_LIMIT = 8192;

/** The text of a value without a header, remembered where it is short: many hosts have much in common. */
function remembered(value: unknown): string {
  const key = JSON.stringify(value);
  const known = texts.get(key);
  if (known !== undefined) return known;
  const text = yamlText(value, '');
  if (texts.size >= TEXTS_LIMIT) texts.clear();
  if (key.length <= LENGTH_LIMIT) texts.set(key, text);
  return text;
}

/** An item of a list of that name, as it stands in a map. */
export function yamlItem(list: string, item: Record<string, unknown>): string {
  return plainItem(item) ?? remembered({ [list]: [item] }).slice(list.length + 2);
}

/**
 * The same text for an item of such texts as nearly all are, where there is only one way to write them; undefined for
 * any other. A seed has hundreds, and the parser would take as long as all else that is done for a host.
 */
function plainItem(item: Record<string, unknown>): string | undefined {
  let text = '';
  for (const [key, value] of Object.entries(item)) {
    if (typeof value !== 'string' || !/^[a-z_]+$/.test(key)) return undefined;
    const start = text === '' ? '  - ' : '    ';
    if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(value)) text += `${start}${key}: "${value}"\n`;
    else if (/^[\x21-\x7e][\t\n\x20-\x7e]*[\x21-\x7e]\n$/.test(value))
      text += `${start}${key}: |\n${value.replace(/^(?=[^\n])/gm, '      ')}`;
    else return undefined;
  }
  return text === '' ? undefined : text;
}

/** The bytes of yamlText's text for a map, of which one list is empty here and comes as the texts of its items. */
export function yamlTextOfList(
  value: Record<string, unknown>,
  list: string,
  items: Buffer[],
  header: string,
): Buffer {
  const empty = `${list}: []\n`;
  const rest = `\n${remembered(value)}`;
  // At the start of a line this stands once: texts of several lines are indented.
  const at = rest.indexOf(`\n${empty}`) + 1;
  if (at === 0) throw new Error(`YAML without an empty list ${list}`);
  const before = header + rest.slice(1, at) + (items.length === 0 ? empty : `${list}:\n`);
  return Buffer.concat([Buffer.from(before), ...items, Buffer.from(rest.slice(at + empty.length))]);
}

/**
 * True for text that every YAML parser in question gives back unchanged from a block literal:
 * printable, below U+10000 and with line feeds only.
 */
export function isPlainText(content: Buffer): boolean {
  const text = content.toString('utf8');
  return (
    Buffer.from(text).equals(content) &&
    !/[^\t\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffc]/.test(text)
  );
}
