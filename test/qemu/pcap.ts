import { readFile } from 'node:fs/promises';

/** Source addresses of all IPv4 packets in a recording of QEMU's filter-dump. */
export async function sources(file: string): Promise<Set<string>> {
  const bytes = await readFile(file);
  const found = new Set<string>();
  // 24 bytes of header, then records: 16 bytes, of which the third word is the length kept.
  for (let at = 24; at + 16 <= bytes.length; ) {
    const frame = bytes.subarray(at + 16, at + 16 + bytes.readUInt32LE(at + 8));
    if (frame.length >= 34 && frame.readUInt16BE(12) === 0x0800)
      found.add([...frame.subarray(26, 30)].join('.'));
    at += 16 + frame.length;
  }
  return found;
}
