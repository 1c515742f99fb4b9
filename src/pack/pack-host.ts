import { copyFile, link, lstat, mkdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { holdsFiles, type IsoBuilder } from '../iso9660-builder/index.ts';
import type { Tree } from '../render/tree.ts';
import { FindingsError } from '../report/finding.ts';
import { syncFolder, writeNew } from './atomic-write.ts';
import {
  FILE_MODE,
  FOLDER_MODE,
  type HostFolder,
  INSTALLER_FILES,
  ISO_NAME,
  isHostName,
  readHostFolder,
  removeFolder,
  SEED_FILES,
} from './host-folder.ts';
import { sha256 } from './inspect.ts';
import type { Out } from './out.ts';
import { explainSystemError } from './problem.ts';

/** What packing changed in a host's folder, by file name, sorted. */
export interface Packed {
  written: string[];
  removed: string[];
  unchanged: boolean;
  /** SHA-256 of each file that is there now, hex, by name. */
  digests: Record<string, string>;
  /** Files that somebody changed since this program wrote them: nothing was written over them. */
  edited: string[];
}

export interface PackOptions {
  /** Digests of what this program may have written there; a file that is none of them and not right is left. */
  known?: ReadonlySet<string>;
  /** Told the digests of new files before they are put in place. */
  note?: (digests: string[]) => void;
}

/** The volume id that cloud-init's NoCloud source looks for. */
const VOLUME_ID = 'cidata';

/**
 * Makes out/hosts/NAME hold exactly this seed, all of it or nothing: the new folder is built beside the old
 * one and takes its place by a rename. A file whose bytes stay keeps its time stamp, and a folder that is
 * right already is not touched.
 *
 * An image on disk is opened and compared with the seed, which takes less than a millisecond. With a builder
 * it is built anew where it does not hold the seed; without one it is kept where it does, and removed where
 * it would be out of date.
 * What the installer is told lies beside the seed, and not in its image.
 * @throws FindingsError when the image cannot be made, the disk is full, or the folder holds foreign files
 */
export async function packHost(
  out: Out,
  name: string,
  seed: Tree,
  iso?: IsoBuilder,
  installer: Tree = new Map(),
  { known, note }: PackOptions = {},
): Promise<Packed> {
  checkFiles(name, seed, SEED_FILES);
  checkFiles(name, installer, INSTALLER_FILES);
  const tree: Tree = new Map([...seed, ...installer]);
  const target = join(out.hosts, name);
  const next = join(out.hosts, `.${name}.new`);
  try {
    const present = await readHostFolder(target);
    const kept = keptFiles(present, tree, seed);
    const written = [...tree.keys()].filter((file) => !kept.has(file));
    if (iso && !kept.has(ISO_NAME)) written.push(ISO_NAME);
    const removed = [...(present?.files.keys() ?? [])].filter(
      (file) => !kept.has(file) && !written.includes(file),
    );
    const digests = Object.fromEntries(
      [...(present?.files ?? [])]
        .filter(([file]) => kept.has(file))
        .map(([file, { content }]) => [file, sha256(content)]),
    );
    const nothing = { written: [], removed: [], digests, edited: [] };
    const edited = known ? editedFiles(present, kept, known) : [];
    if (edited.length > 0) return { ...nothing, unchanged: false, edited };
    if (present?.mode === FOLDER_MODE && written.length + removed.length === 0)
      return { ...nothing, unchanged: true };

    await mkdir(next, { mode: FOLDER_MODE });
    for (const file of kept) await keepFile(join(target, file), join(next, file));
    for (const file of written) {
      const content = tree.get(file)?.content;
      if (content === undefined) continue;
      await writeNew(join(next, file), content, FILE_MODE);
      digests[file] = sha256(content);
    }
    if (written.includes(ISO_NAME)) {
      await iso?.build(seed, join(next, ISO_NAME), { volumeId: VOLUME_ID });
      digests[ISO_NAME] = sha256(await readFile(join(next, ISO_NAME)));
    }
    note?.(written.flatMap((file) => digests[file] ?? []));
    await syncFolder(next);
    await swap(out, name, present !== undefined);
    return { written: written.sort(), removed: removed.sort(), unchanged: false, digests, edited };
  } catch (error) {
    await rm(next, { recursive: true, force: true });
    throw explainSystemError(error instanceof FindingsError ? renamed(error, next, target) : error, target);
  }
}

/** Names the folder that the user knows, not the one that it was built in. */
function renamed(error: FindingsError, from: string, to: string): FindingsError {
  return new FindingsError(
    error.findings.map((finding) => ({ ...finding, message: finding.message.replaceAll(from, to) })),
  );
}

function checkFiles(name: string, tree: Tree, known: string[]): void {
  if (!isHostName(name)) throw new Error(`not a host name: ${JSON.stringify(name)}`);
  const other = [...tree.keys()].find((file) => !known.includes(file));
  if (other !== undefined) throw new Error(`not a file of a host: ${JSON.stringify(other)}`);
}

function editedFiles(
  present: HostFolder | undefined,
  kept: ReadonlySet<string>,
  known: ReadonlySet<string>,
): string[] {
  const others = [...(present?.files ?? [])].filter(([file]) => !kept.has(file));
  // A file of the right bytes and the wrong mode is put right.
  return others.filter(([, { content }]) => !known.has(sha256(content))).map(([file]) => file);
}

/** Names of the files that are there and right. */
function keptFiles(present: HostFolder | undefined, tree: Tree, seed: Tree): Set<string> {
  const kept = new Set<string>();
  for (const [name, { content, mode }] of present?.files ?? []) {
    const wanted = tree.get(name);
    const right =
      name === ISO_NAME
        ? holdsFiles(content, seed, VOLUME_ID)
        : wanted !== undefined && content.equals(Buffer.from(wanted.content));
    if (right && mode === FILE_MODE) kept.add(name);
  }
  return kept;
}

/** The same file under a second name where the file system has that, else a copy with the same time. */
async function keepFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    const { atime, mtime } = await lstat(from);
    await copyFile(from, to);
    await utimes(to, atime, mtime);
  }
}

async function swap(out: Out, name: string, replaces: boolean): Promise<void> {
  const target = join(out.hosts, name);
  const old = join(out.hosts, `.${name}.old`);
  if (replaces) await rename(target, old);
  try {
    await rename(join(out.hosts, `.${name}.new`), target);
  } catch (error) {
    if (replaces) await rename(old, target);
    throw error;
  }
  await syncFolder(out.hosts);
  if (replaces) await removeFolder(old);
}
