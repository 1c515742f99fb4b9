import type { Path } from '../../document/types.ts';
import type { Check } from './context.ts';

/**
 * Every text and every key is one line of visible characters: nothing that ends a line in a config
 * file, and nothing that makes a reader see another order of letters than a program.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

export function checkText(check: Check): void {
  visit(check, check.document.value, []);
}

function visit(check: Check, value: unknown, path: Path): void {
  if (typeof value === 'string') say(check, value, path, 'value');
  if (Array.isArray(value)) value.forEach((item, index) => void visit(check, item, [...path, index]));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      say(check, key, [...path, key], 'key');
      visit(check, item, [...path, key]);
    }
  }
}

function say(check: Check, text: string, path: Path, at: 'key' | 'value'): void {
  const found = UNSAFE.exec(text)?.[0];
  if (found === undefined) return;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const what =
    found === '\n' ? 'a line break' : found === '\t' ? 'a tab' : `the invisible character U+${code}`;
  const message = `holds ${what}; texts and names are one line of visible characters`;
  check.report({ code: 'unsafe-character', path, message, at });
}
