import type { Path } from './types.ts';

/**
 * A path as the user reads it: keys joined by dots, list items by their number from 0 in brackets, and
 * whatever would be misread in quotes: `hosts.cnt1.networks.manage.mac`, `library[0]`, `hosts."a.b"`.
 */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text === '' ? '' : '.'}${formatKey(step)}`;
  }
  return text;
}

/** A key for a message: as it is where that is plain, else as a JSON string, cut where it is very long. */
export function formatKey(key: string): string {
  if (/^[A-Za-z0-9_<-]+$/.test(key) && key.length <= 80) return key;
  const short = key.length > 80 ? `${key.slice(0, 77)}…` : key;
  // JSON leaves these as they are, and a terminal would obey them.
  return JSON.stringify(short).replace(
    /[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu,
    (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
