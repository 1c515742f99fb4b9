/**
 * As much of DER (ITU-T X.690) as a certificate takes. Written here because it has to be quick and not
 * asynchronous: a seed is rendered in one go.
 */

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

export function element(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

/** The short form below 128, else the count of the bytes that hold the length, and these. */
function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

export const sequence = (...items: Buffer[]): Buffer => element(0x30, ...items);
export const set = (...items: Buffer[]): Buffer => element(0x31, ...items);
export const octets = (content: Buffer): Buffer => element(0x04, content);
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text));
export const utcTime = (text: string): Buffer => element(0x17, Buffer.from(text));
export const yes = element(0x01, Buffer.from([0xff]));

/** A positive number, most significant byte first. */
export function integer(bytes: Buffer): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0);
  const digits = from < 0 ? Buffer.alloc(1) : bytes.subarray(from);
  const negative = ((digits[0] ?? 0) & 0x80) !== 0;
  return element(0x02, ...(negative ? [Buffer.alloc(1), digits] : [digits]));
}

/** Bits, of which so many at the end do not count. */
export function bits(content: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), content);
}

/** An object identifier such as "2.5.29.17". */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(number: number): number[] {
  const digits = [number & 0x7f];
  for (let rest = number >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return digits;
}

/** [n] EXPLICIT: around an element. */
export const explicit = (tag: number, ...items: Buffer[]): Buffer =>
  element(CONTEXT | CONSTRUCTED | tag, ...items);
/** [n] IMPLICIT: in place of a primitive element's own tag. */
export const implicit = (tag: number, content: Buffer): Buffer => element(CONTEXT | tag, content);

export interface Element {
  tag: number;
  content: Buffer;
  /** With tag and length, as it stands there. */
  whole: Buffer;
}

/** The elements that follow each other. @throws RangeError where bytes are missing */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at + 1);
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length = count === 0 ? first : bytes.readUIntBE(at + 2, count);
    const start = at + 2 + count;
    if (start + length > bytes.length) throw new RangeError('an element is longer than what holds it');
    found.push({
      tag: bytes.readUInt8(at),
      content: bytes.subarray(start, start + length),
      whole: bytes.subarray(at, start + length),
    });
    at = start + length;
  }
  return found;
}
