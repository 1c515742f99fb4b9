import type { Finding, Place } from '../report/finding.ts';
import { KEYS } from './schema.ts';

const MASK = '***';
const GENERAL = {
  message: 'not what is expected here',
  hint: 'compare with a file that `stackseed secrets init` makes',
};

/**
 * A finding about secrets.yaml that may be printed: of each source line only a known key or a label is left,
 * and words that quote what is hidden are replaced.
 */
export function maskFinding(finding: Finding): Finding {
  const hidden = [finding.place, ...(finding.also ?? []).map(({ place }) => place)].flatMap(hiddenWords);
  const quotes = (text: string | undefined) => hidden.some((word) => text?.toLowerCase().includes(word));
  const masked: Finding = { ...finding };
  if (quotes(finding.path)) masked.path = MASK;
  if (quotes(finding.message)) masked.message = GENERAL.message;
  if (quotes(finding.hint)) masked.hint = finding.code === 'wrong-type' ? 'write it in quotes' : GENERAL.hint;
  if (finding.place) masked.place = maskPlace(finding.place);
  if (finding.also) {
    masked.also = finding.also.map(({ message, place }) => ({
      message: quotes(message) ? GENERAL.message : message,
      place: maskPlace(place),
    }));
  }
  return masked;
}

/** The key with its colon and the space after it, or just the indentation. */
function shown(source: string): string {
  const [, indent = '', key = ''] = /^(\s*)([^\s:'"]+|'[^']*'|"[^"]*")?/.exec(source) ?? [];
  const name = key.replace(/^(['"])(.*)\1$/, '$2');
  const rest = source.slice(indent.length + key.length);
  const space = /^:(?:[ \t]+|$)/.exec(rest)?.[0];
  const known = KEYS.includes(name) || /^[a-z][a-z0-9._-]{0,30}(?:@[a-z0-9-]{1,63})?$/.test(name);
  return space !== undefined && known ? `${indent}${key}${space}` : indent;
}

function hiddenWords(place: Place | undefined): string[] {
  if (!place) return [];
  const words = place.source.slice(shown(place.source).length).split(/[\s'"{}[\],:]+/);
  // A hint may have it in lower case.
  return words.filter((word) => word.length >= 3).map((word) => word.toLowerCase());
}

function maskPlace(place: Place): Place {
  const visible = shown(place.source);
  const hides = place.source.length > visible.length;
  const source = hides ? visible + MASK : place.source;
  if (place.column <= visible.length)
    return { ...place, source, length: Math.min(place.length, source.length - place.column + 1) };
  return { ...place, source, column: visible.length + 1, length: hides ? MASK.length : 1 };
}
