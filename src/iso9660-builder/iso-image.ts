import type { IsoFiles } from './index.ts';
import { EXTENSION } from './iso-fields.ts';
import { folders, isoTree, type Node, SECTOR } from './iso-tree.ts';
import {
  descriptor,
  folderLength,
  joliet,
  type Kind,
  type Place,
  pathTable,
  rockRidge,
  terminator,
  writeFolder,
} from './iso-volume.ts';

/** The first 16 sectors belong to the system (ECMA-119, 6.2.1); then a descriptor for each tree, and the end. */
const FIRST = 16;
const DESCRIPTORS = 3;
/** Empty sectors at the end, as xorriso has them too: real drives read ahead, and fail at the end of a disc. */
export const PADDING = 150;

/**
 * An image of these files as bytes: Rock Ridge and Joliet over the same contents, which lie behind each other
 * in the order of their paths. Pure: what comes out depends on nothing but the files and the volume id. The
 * padding, which the volume's size takes in, is left to whoever writes it: it needs no room in memory.
 */
export function isoImage(files: IsoFiles, volumeId: string): Buffer {
  const root = isoTree(files);
  let next = FIRST + DESCRIPTORS;
  const take = (bytes: number) => {
    const sector = next;
    next += Math.max(1, Math.ceil(bytes / SECTOR));
    return sector;
  };
  const extension = take(EXTENSION.length);
  const volumes = [rockRidge(extension), joliet].map((kind) => ({ kind, ...placeTree(root, kind, take) }));
  // A file without content has a sector, too, so that no reader is sent out of the image.
  const contents = new Map(filesOf(root).map((file) => [file, take(file.content.length)]));

  const image = Buffer.alloc(next * SECTOR);
  EXTENSION.copy(image, extension * SECTOR);
  volumes.forEach(({ kind, ...tree }, index) => {
    const place: Place = { ...tree, contents, sectors: next + PADDING };
    descriptor(root, kind, place, volumeId).copy(image, (FIRST + index) * SECTOR);
    place.pathTables.forEach((sector, big) => {
      pathTable(root, kind, place, big === 1).copy(image, sector * SECTOR);
    });
    for (const folder of place.folders.keys()) writeFolder(image, folder, kind, place);
  });
  terminator().copy(image, (FIRST + volumes.length) * SECTOR);
  for (const [{ content }, sector] of contents) content?.copy(image, sector * SECTOR);
  return image;
}

function placeTree(
  root: Node,
  kind: Kind,
  take: (bytes: number) => number,
): Pick<Place, 'pathTables' | 'folders'> {
  const table = pathTable(root, kind, undefined, false).length;
  const pathTables: Place['pathTables'] = [take(table), take(table)];
  const placed = folders(root, kind.order).map((folder): [Node, number] => {
    return [folder, take(folderLength(folder, kind))];
  });
  return { pathTables, folders: new Map(placed) };
}

function filesOf(folder: Node): (Node & { content: Buffer })[] {
  return folder.children.flatMap((child) => (isFile(child) ? [child] : filesOf(child)));
}

function isFile(node: Node): node is Node & { content: Buffer } {
  return node.content !== undefined;
}
