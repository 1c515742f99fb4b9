import {
  alternateName,
  both16,
  both32,
  continuation,
  EXTENSION,
  NO_DATE,
  posixAttributes,
  RECORD_DATE,
  SHARING,
  TIMES,
  ucs2,
  VOLUME_DATE,
} from './iso-fields.ts';
import { folders, inOrder, type Node, SECTOR } from './iso-tree.ts';

const FOLDER_MODE = 0o040500;
const FILE_MODE = 0o100400;
const FOLDER_FLAG = 2;

/** One of the two trees of an image, which share the contents of the files. */
export interface Kind {
  /** The name that a folder's records are in order of. */
  order(node: Node): string;
  encode(identifier: string): Buffer;
  /** What stands behind the identifier in the record of `node` when it is named, or stands for itself or its parent. */
  systemUse(node: Node, as: 'named' | 'self' | 'parent'): Buffer[];
  /** Type, flags and escape sequences of the volume descriptor. */
  type: number;
  escapes: string;
}

/** Where the parts of a volume begin, and where files have their contents, in sectors. */
export interface Place {
  pathTables: [little: number, big: number];
  folders: Map<Node, number>;
  contents: Map<Node, number>;
  /** Of the whole image. */
  sectors: number;
}

/** What Linux reads; the area of the root's own record goes on in sector `extension`. */
export function rockRidge(extension: number): Kind {
  return {
    order: ({ identifier }) => identifier,
    encode: (identifier) => Buffer.from(identifier, 'latin1'),
    systemUse(node, as) {
      const links = 2 + node.children.filter(({ content }) => !content).length;
      const attributes = node.content ? posixAttributes(FILE_MODE, 1) : posixAttributes(FOLDER_MODE, links);
      if (as === 'named') return [attributes, TIMES, alternateName(node.name)];
      if (as === 'parent' || node.parent) return [attributes, TIMES];
      return [SHARING, attributes, TIMES, continuation(extension, EXTENSION.length)];
    },
    type: 1,
    escapes: '',
  };
}

/** What Windows and firmware read: whole names, no modes. */
export const joliet: Kind = {
  order: ({ name }) => name,
  encode: ucs2,
  systemUse: () => [],
  type: 2,
  escapes: '%/E',
};

/** The bytes that a folder takes: records do not cross sectors (ECMA-119, 6.8.1.1). */
export function folderLength(folder: Node, kind: Kind): number {
  let length = 0;
  for (const record of records(folder, kind)) length = placeFor(length, record.length) + record.length;
  return Math.ceil(length / SECTOR) * SECTOR;
}

export function writeFolder(image: Buffer, folder: Node, kind: Kind, place: Place): void {
  let at = (place.folders.get(folder) ?? 0) * SECTOR;
  for (const record of records(folder, kind, place)) {
    at = placeFor(at, record.length);
    record.copy(image, at);
    at += record.length;
  }
}

function placeFor(at: number, length: number): number {
  const room = SECTOR - (at % SECTOR);
  return length > room ? at + room : at;
}

function records(folder: Node, kind: Kind, place?: Place): Buffer[] {
  const parent = folder.parent ?? folder;
  const named = inOrder(folder, kind.order).map((child) => {
    const identifier = kind.encode(kind.order(child));
    return record(child, identifier, kind, kind.systemUse(child, 'named'), place);
  });
  return [
    record(folder, Buffer.from([0]), kind, kind.systemUse(folder, 'self'), place),
    record(parent, Buffer.from([1]), kind, kind.systemUse(parent, 'parent'), place),
    ...named,
  ];
}

/** A directory record (ECMA-119, 9.1). Without places it has the length that it will have. */
function record(node: Node, identifier: Buffer, kind: Kind, areas: Buffer[], place?: Place): Buffer {
  const sector = place?.folders.get(node) ?? place?.contents.get(node) ?? 0;
  const length = node.content ? node.content.length : place ? folderLength(node, kind) : 0;
  const gap = identifier.length % 2 === 0 ? 1 : 0;
  const use = Buffer.concat(areas);
  const size = 33 + identifier.length + gap + use.length;
  const bytes = Buffer.alloc(size + (size % 2));
  bytes[0] = bytes.length;
  both32(sector).copy(bytes, 2);
  both32(length).copy(bytes, 10);
  RECORD_DATE.copy(bytes, 18);
  bytes[25] = node.content ? 0 : FOLDER_FLAG;
  both16(1).copy(bytes, 28);
  bytes[32] = identifier.length;
  identifier.copy(bytes, 33);
  use.copy(bytes, 33 + identifier.length + gap);
  return bytes;
}

/** A path table (ECMA-119, 9.4): every folder with the number of its parent. */
export function pathTable(root: Node, kind: Kind, place: Place | undefined, big: boolean): Buffer {
  const all = folders(root, kind.order);
  const numbers = new Map(all.map((folder, index) => [folder, index + 1]));
  const entries = all.map((folder) => {
    const identifier = folder.parent ? kind.encode(kind.order(folder)) : Buffer.from([0]);
    const bytes = Buffer.alloc(8 + identifier.length + (identifier.length % 2));
    const sector = place?.folders.get(folder) ?? 0;
    const parent = numbers.get(folder.parent ?? folder) ?? 1;
    bytes[0] = identifier.length;
    if (big) bytes.writeUInt32BE(sector, 2);
    else bytes.writeUInt32LE(sector, 2);
    if (big) bytes.writeUInt16BE(parent, 6);
    else bytes.writeUInt16LE(parent, 6);
    identifier.copy(bytes, 8);
    return bytes;
  });
  return Buffer.concat(entries);
}

/** A volume descriptor (ECMA-119, 8.4 and 8.5). Texts that say nothing are blanks of the tree's own kind. */
export function descriptor(root: Node, kind: Kind, place: Place, volumeId: string): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  const text = (from: number, to: number, value = '') =>
    kind
      .encode(value.padEnd(to - from))
      .subarray(0, to - from)
      .copy(bytes, from);
  bytes[0] = kind.type;
  bytes.write('CD001\x01', 1, 'latin1');
  text(8, 40);
  text(40, 72, volumeId);
  both32(place.sectors).copy(bytes, 80);
  bytes.write(kind.escapes, 88, 'latin1');
  both16(1).copy(bytes, 120);
  both16(1).copy(bytes, 124);
  both16(SECTOR).copy(bytes, 128);
  both32(pathTable(root, kind, undefined, false).length).copy(bytes, 132);
  bytes.writeUInt32LE(place.pathTables[0], 140);
  bytes.writeUInt32BE(place.pathTables[1], 148);
  record(root, Buffer.from([0]), kind, [], place).copy(bytes, 156);
  for (const [from, to] of [190, 318, 446, 574, 702, 739, 776, 813].map((at, index, all) => [
    at,
    all[index + 1],
  ]))
    if (to !== undefined) text(from ?? 0, to);
  VOLUME_DATE.copy(bytes, 813);
  VOLUME_DATE.copy(bytes, 830);
  NO_DATE.copy(bytes, 847);
  NO_DATE.copy(bytes, 864);
  bytes[881] = 1;
  return bytes;
}

/** The descriptor behind the last (ECMA-119, 8.3). */
export function terminator(): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('\xffCD001\x01', 0, 'latin1');
  return bytes;
}
