import type { IsoFiles } from './index.ts';

export const SECTOR = 2048;

/** A file or folder of an image while it is laid out; sectors count from the start of the image. */
export interface Node {
  /** The whole name, as Rock Ridge and Joliet have it; empty for the root. */
  name: string;
  /** The short name for readers that know ISO 9660 alone, with ";1" behind that of a file. */
  identifier: string;
  /** Absent for folders. */
  content?: Buffer;
  children: Node[];
  parent?: Node;
}

/** Turns paths into a tree whose folders are in order of their names, whatever the order of the paths was. */
export function isoTree(files: IsoFiles): Node {
  const root: Node = { name: '', identifier: '', children: [] };
  const folders = new Map([['', root]]);
  for (const path of [...files.keys()].sort()) {
    const content = Buffer.from(files.get(path)?.content ?? '');
    const parent = folderOf(folders, path);
    if (folders.has(path)) throw new Error(`a file and a folder of one name: ${JSON.stringify(path)}`);
    parent.children.push({ name: nameOf(path), identifier: '', content, children: [], parent });
  }
  for (const folder of folders.values()) giveIdentifiers(folder);
  return root;
}

/** All folders, parents before children, level by level: the order of a path table (ECMA-119, 6.9.1). */
export function folders(root: Node, order: (node: Node) => string): Node[] {
  const all: Node[] = [];
  for (let level = [root]; level.length > 0; ) {
    all.push(...level);
    level = level.flatMap((folder) => inOrder(folder, order).filter(({ content }) => !content));
  }
  return all;
}

/** The children of a folder in the order of one of their names; all characters are ASCII. */
export function inOrder(folder: Node, order: (node: Node) => string): Node[] {
  const before = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...folder.children].sort((a, b) => before(order(a), order(b)));
}

function folderOf(known: Map<string, Node>, path: string): Node {
  const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  const found = known.get(folder);
  if (found) return found;
  const parent = folderOf(known, folder);
  if (parent.children.some(({ name }) => name === nameOf(folder)))
    throw new Error(`a file and a folder of one name: ${JSON.stringify(folder)}`);
  const node: Node = { name: nameOf(folder), identifier: '', children: [], parent };
  parent.children.push(node);
  known.set(folder, node);
  return node;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Eight characters, and three behind a dot, of A-Z, 0-9 and _; a number makes them differ within the folder. */
function giveIdentifiers(folder: Node): void {
  const taken = new Set<string>();
  for (const child of folder.children) {
    const upper = child.name.toUpperCase().replace(/[^A-Z0-9._]/g, '_');
    const dot = child.content ? upper.lastIndexOf('.') : -1;
    const stem = (dot > 0 ? upper.slice(0, dot) : upper).replaceAll('.', '_');
    const extension = dot > 0 ? upper.slice(dot + 1, dot + 4) : '';
    let short = stem.slice(0, 8);
    for (let number = 0; taken.has(`${short}.${extension}`); number++) {
      const digits = number.toString(36).toUpperCase();
      short = stem.slice(0, 8 - digits.length) + digits;
    }
    taken.add(`${short}.${extension}`);
    child.identifier = child.content ? `${short}.${extension};1` : short;
  }
}
