import { isUtf8 } from 'node:buffer';
import type { Finding } from '../report/finding.ts';
import { lines } from './lines.ts';

/** The text of a YAML file with LF line breaks and no byte order mark, or what keeps it from being text. */
export function decode(file: string, bytes: Uint8Array | string): { text: string; findings: Finding[] } {
  if (typeof bytes !== 'string' && (!isUtf8(bytes) || looksLikeUtf16(bytes)))
    return { text: '', findings: [notUtf8(file, bytes)] };
  const raw = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const text = raw.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  return { text, findings: controlCharacters(file, text) };
}

function notUtf8(file: string, bytes: Uint8Array): Finding {
  const utf16 = looksLikeUtf16(bytes);
  const { offset, line, start } = isUtf8(bytes) ? { offset: 0, line: 1, start: 0 } : firstBadByte(bytes);
  const before = new TextDecoder().decode(bytes.subarray(start, offset));
  const source = new TextDecoder().decode(bytes.subarray(start, lineEnd(bytes, offset)));
  return {
    severity: 'error',
    code: 'not-utf8',
    path: '',
    message: utf16 ? 'UTF-16, not UTF-8' : `not UTF-8: byte ${hex(bytes[offset])} at offset ${offset}`,
    hint: `save it as UTF-8, or convert it: iconv -f ${utf16 ? 'UTF-16' : 'LATIN1'} -t UTF-8`,
    place: { file, line, column: before.length + 1, length: 1, source },
  };
}

/** By its byte order mark, or by ASCII where every other byte is NUL. */
function looksLikeUtf16([first, second, third, fourth]: Uint8Array): boolean {
  if (second === undefined) return false;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return (
    marked || (first !== 0 && second === 0 && fourth === 0) || (first === 0 && second !== 0 && third === 0)
  );
}

function firstBadByte(bytes: Uint8Array): { offset: number; line: number; start: number } {
  let line = 1;
  let start = 0;
  while (start < bytes.length && isUtf8(bytes.subarray(start, lineEnd(bytes, start)))) {
    start = lineEnd(bytes, start) + 1;
    line++;
  }
  // The longest good beginning of the line: at most three more bytes belong to the first bad character.
  const row = bytes.subarray(start, lineEnd(bytes, start));
  let good = 0;
  let bad = row.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (goodUntil(row, middle)) good = middle;
    else bad = middle;
  }
  return { offset: start + good, line, start };
}

/** Whether row[0..end) is UTF-8 but for a character that `end` cuts. */
function goodUntil(row: Uint8Array, end: number): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(row.subarray(0, end), { stream: true });
    return true;
  } catch {
    return false;
  }
}

function lineEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(0x0a, from);
  return end === -1 ? bytes.length : end;
}

function hex(byte = 0): string {
  return `0x${byte.toString(16).padStart(2, '0').toUpperCase()}`;
}

/** As YAML 1.2 §5.1 forbids them; a carriage return counts where it is not part of a line break. */
const FORBIDDEN = /(?![\t\n\u0085])\p{Cc}|[\ufffe\uffff]|\p{Cs}/gu;
const MOST = 20;

function controlCharacters(file: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const at = lines(file, text);
  for (const match of text.matchAll(FORBIDDEN)) {
    const code = match[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
    findings.push({
      severity: 'error',
      code: 'control-character',
      path: '',
      message: match[0] === '\0' ? 'a NUL character' : `a control character (U+${code})`,
      hint: 'take it out; an inventory is plain text',
      place: at.place(match.index, match.index + 1),
    });
    if (findings.length === MOST) break;
  }
  return findings;
}
