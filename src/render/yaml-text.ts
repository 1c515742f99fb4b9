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
