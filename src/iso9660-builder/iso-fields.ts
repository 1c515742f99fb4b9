/** Fields of ISO 9660 (ECMA-119), the Joliet specification, SUSP (IEEE P1281) and RRIP (IEEE P1282) as bytes. */

/** Any date will do, as long as it is always the same: 2000-01-01, in UTC. */
const YEAR = 2000;
/** ECMA-119 9.1.5: years since 1900, month, day, hour, minute, second, offset from UTC. */
export const RECORD_DATE = Buffer.from([YEAR - 1900, 1, 1, 0, 0, 0, 0]);
/** ECMA-119 8.4.26.1: digits down to hundredths of a second, and an offset from UTC. */
export const VOLUME_DATE = Buffer.from(`${YEAR}010100000000\0`, 'latin1');
export const NO_DATE = Buffer.from(`${'0'.repeat(16)}\0`, 'latin1');

/** ECMA-119 7.2.3: a number of 16 bits, little endian and big endian. */
export function both16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

/** ECMA-119 7.3.3: a number of 32 bits, little endian and big endian. */
export function both32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

/** Text as Joliet has it: UCS-2, big endian. */
export function ucs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** One field of a system use area: signature, length, version 1, content. */
function systemUse(signature: string, ...content: Buffer[]): Buffer {
  const length = 4 + content.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from(signature, 'latin1'), Buffer.from([length, 1]), ...content]);
}

/** Only in the first record of the root: the system use areas follow SUSP, and begin with no gap. */
export const SHARING = systemUse('SP', Buffer.from([0xbe, 0xef, 0]));

/** RRIP 1.10: owner and group are root. */
export function posixAttributes(mode: number, links: number): Buffer {
  return systemUse('PX', both32(mode), both32(links), both32(0), both32(0));
}

/** Modification, access and change (bits 1 to 3), in the short form. */
export const TIMES = systemUse('TF', Buffer.from([0x0e]), RECORD_DATE, RECORD_DATE, RECORD_DATE);

export function alternateName(name: string): Buffer {
  return systemUse('NM', Buffer.from([0]), Buffer.from(name, 'latin1'));
}

/** Says that the area goes on at the start of another sector. */
export function continuation(sector: number, length: number): Buffer {
  return systemUse('CE', both32(sector), both32(0), both32(length));
}

/** The extension that the other fields belong to, under the name that readers look for. */
export const EXTENSION = extensionReference(
  'RRIP_1991A',
  'THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS',
  'PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION.',
);

function extensionReference(id: string, description: string, source: string): Buffer {
  const texts = [id, description, source].map((text) => Buffer.from(text, 'latin1'));
  return systemUse('ER', Buffer.from([...texts.map(({ length }) => length), 1]), ...texts);
}
