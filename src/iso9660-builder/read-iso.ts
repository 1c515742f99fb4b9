/**
 * A reader for the images that this module writes, apart from the program that writes them: it judges a new
 * image before that counts, and tells whether one on disk still holds a seed. Layouts after ECMA-119 (ISO
 * 9660), the Joliet specification, SUSP (IEEE P1281) and RRIP (IEEE P1282).
 */

const SECTOR = 2048;
const DEPTH_LIMIT = 8;
const MODE_FOLDER = 0o040000;

interface IsoFile {
  content: Buffer;
  /** Rock Ridge's st_mode, st_uid and st_gid; absent in Joliet. */
  posix?: { mode: number; uid: number; gid: number };
}

export interface IsoVolume {
  volumeId: string;
  files: Map<string, IsoFile>;
}

/** Both trees of an image: what Linux sees (Rock Ridge names and modes), and what Windows and firmware see. */
export interface IsoImage {
  rockRidge: IsoVolume;
  joliet: IsoVolume;
}

interface Entry {
  name: string;
  posix?: { mode: number; uid: number; gid: number };
  folder: boolean;
  start: number;
  length: number;
}

/** @throws Error when the image is cut off, damaged, or lacks Rock Ridge or Joliet */
export function readIso(image: Buffer): IsoImage {
  const volumes: { rockRidge?: IsoVolume; joliet?: IsoVolume } = {};
  for (let sector = 16; ; sector++) {
    const descriptor = slice(image, sector * SECTOR, SECTOR);
    if (descriptor.toString('latin1', 1, 6) !== 'CD001') throw new Error('not an ISO 9660 image');
    const type = descriptor[0];
    if (type === 255) break;
    if (type === 1) volumes.rockRidge = readVolume(image, descriptor, rockRidgeEntry);
    if (type === 2 && isJoliet(descriptor)) volumes.joliet = readVolume(image, descriptor, jolietEntry);
  }
  const { rockRidge, joliet } = volumes;
  if (!rockRidge || !joliet) throw new Error('the image lacks a volume descriptor');
  return { rockRidge, joliet };
}

/** Whether the image holds exactly these files, in both trees, under this volume id and readable by root alone. */
export function holdsFiles(
  image: Buffer,
  files: ReadonlyMap<string, { content: string | Buffer }>,
  volumeId: string,
): boolean {
  try {
    const { rockRidge, joliet } = readIso(image);
    const sealed = [...rockRidge.files.values()].every(
      ({ posix }) => posix?.mode === 0o100400 && posix.uid === 0 && posix.gid === 0,
    );
    return sealed && [rockRidge, joliet].every((volume) => sameVolume(volume, files, volumeId));
  } catch {
    return false;
  }
}

function sameVolume(
  volume: IsoVolume,
  files: ReadonlyMap<string, { content: string | Buffer }>,
  volumeId: string,
): boolean {
  if (volume.volumeId !== volumeId || volume.files.size !== files.size) return false;
  return [...files].every(([path, { content }]) =>
    volume.files.get(path)?.content.equals(Buffer.from(content)),
  );
}

function isJoliet(descriptor: Buffer): boolean {
  return ['%/@', '%/C', '%/E'].includes(descriptor.toString('latin1', 88, 91));
}

function readVolume(
  image: Buffer,
  descriptor: Buffer,
  readEntry: (image: Buffer, record: Buffer) => Entry,
): IsoVolume {
  const label = descriptor.subarray(40, 72);
  const volumeId = descriptor[0] === 2 ? utf16(label) : label.toString('latin1');
  const files = new Map<string, IsoFile>();
  readFolder(extent(descriptor.subarray(156, 190)), '', 0);
  return { volumeId: volumeId.trimEnd(), files };

  function readFolder(
    { start, length }: { start: number; length: number },
    prefix: string,
    depth: number,
  ): void {
    if (depth > DEPTH_LIMIT) throw new Error('folders of the image are nested too deep');
    for (const record of records(slice(image, start, length))) {
      const entry = readEntry(image, record);
      if (entry.folder) readFolder(entry, `${prefix}${entry.name}/`, depth + 1);
      else
        files.set(prefix + entry.name, {
          content: slice(image, entry.start, entry.length),
          ...(entry.posix && { posix: entry.posix }),
        });
    }
  }
}

/** Directory records, without the two that stand for the folder itself and its parent. */
function* records(folder: Buffer): Generator<Buffer> {
  for (let at = 0; at < folder.length; ) {
    const length = folder[at] ?? 0;
    if (length === 0) {
      // A record never crosses a sector; the rest of this one is empty.
      at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      continue;
    }
    if (length < 34) throw new Error('a directory record is too short');
    const record = slice(folder, at, length);
    const special = record[32] === 1 && (record[33] === 0 || record[33] === 1);
    if (!special) yield record;
    at += length;
  }
}

function extent(record: Buffer): { start: number; length: number } {
  return { start: record.readUInt32LE(2) * SECTOR, length: record.readUInt32LE(10) };
}

function jolietEntry(_image: Buffer, record: Buffer): Entry {
  const name = utf16(slice(record, 33, record[32] ?? 0)).replace(/;1$/, '');
  return { name, folder: ((record[25] ?? 0) & 2) !== 0, ...extent(record) };
}

function rockRidgeEntry(image: Buffer, record: Buffer): Entry {
  const nameLength = record[32] ?? 0;
  let name = '';
  let posix: Entry['posix'];
  // The system use field starts at the next even offset.
  let fields = record.subarray(33 + nameLength + (nameLength % 2 === 0 ? 1 : 0));
  for (let areas = 0; fields.length > 0 && areas < DEPTH_LIMIT; areas++) {
    let next: Buffer = Buffer.alloc(0);
    for (const field of systemUse(fields)) {
      const signature = field.toString('latin1', 0, 2);
      if (signature === 'NM') name += field.toString('utf8', 5);
      if (signature === 'PX')
        posix = { mode: field.readUInt32LE(4), uid: field.readUInt32LE(20), gid: field.readUInt32LE(28) };
      if (signature === 'CE')
        next = slice(image, field.readUInt32LE(4) * SECTOR + field.readUInt32LE(12), field.readUInt32LE(20));
    }
    fields = next;
  }
  if (name === '' || !posix) throw new Error('a directory record lacks Rock Ridge fields');
  return { name, posix, folder: (posix.mode & 0o170000) === MODE_FOLDER, ...extent(record) };
}

function* systemUse(area: Buffer): Generator<Buffer> {
  for (let at = 0; at + 4 <= area.length; ) {
    const length = area[at + 2] ?? 0;
    if (length < 4) return;
    yield slice(area, at, length);
    at += length;
  }
}

/** UCS-2, big endian, as Joliet has it. */
function utf16(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le');
}

function slice(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new Error('the image is cut off');
  return bytes.subarray(start, start + length);
}
