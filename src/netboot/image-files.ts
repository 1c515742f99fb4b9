import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { netbootProblem } from './problem.ts';

/** Files of an installer that a tree takes, by their names in the tree; those found, as absolute paths. */
export type ImageFiles = Map<string, string>;

/** Names under which netboot folders, packages and archives have them; the first wins. */
const NAMES: Record<string, string[]> = {
  linux: ['linux', 'vmlinuz'],
  'initrd.gz': ['initrd.gz', 'initrd'],
  'pxelinux.0': ['pxelinux.0'],
  'ldlinux.c32': ['ldlinux.c32'],
  'bootx64.efi': ['bootx64.efi', 'bootnetx64.efi', 'shimx64.efi.signed'],
  'grubx64.efi': ['grubx64.efi', 'grubnetx64.efi.signed'],
  'bootaa64.efi': ['bootaa64.efi', 'bootnetaa64.efi', 'shimaa64.efi.signed'],
  'grubaa64.efi': ['grubaa64.efi', 'grubnetaa64.efi.signed'],
};
const LIVE = 'live.iso';
/** The installer's own files; the rest are loaders. */
export const IMAGE = ['linux', 'initrd.gz', LIVE];
/** Folders within folders: Debian has it in the ninth. */
const DEPTH = 16;
const MOST = 20_000;

/**
 * Finds the files of an installer in a folder, whatever lies beside them: the text installer before the graphical
 * one, then what is nearest to the top. A link that leads out of the folder counts for nothing.
 * @throws FindingsError when kernel or initrd is missing, or a file differs from what SHA256SUMS in the folder says
 */
export async function findImage(platform: string, folder: string): Promise<ImageFiles> {
  const root = await realpath(folder);
  const found = (await list(root, 0)).sort(nearestFirst);
  const files: ImageFiles = new Map();
  for (const [role, names] of Object.entries(NAMES)) {
    const paths = names.flatMap((name) => found.filter((path) => basename(path) === name));
    const file = await firstWithin(root, paths);
    if (file !== undefined) files.set(role, file);
  }
  const live = await firstWithin(
    root,
    found.filter((path) => path.endsWith('.iso')),
  );
  if (live !== undefined) files.set(LIVE, live);
  for (const role of ['linux', 'initrd.gz']) {
    if (files.has(role)) continue;
    throw netbootProblem(
      'image-incomplete',
      `boot.images.${platform}`,
      `there is no ${NAMES[role]?.join(' or ')} in ${folder}`,
      'name the folder, package or archive of an installer for network boot',
    );
  }
  await checkSums(platform, root, files);
  return files;
}

/** SHA-256 of a file, hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What a file of lines "HEX  NAME" says of a name, with or without "./" in front. */
export function sumIn(text: string, name: string): string | undefined {
  for (const line of text.split('\n')) {
    const [, sum, file] = /^([0-9a-f]{64}) [ *](.+?)\s*$/.exec(line) ?? [];
    if (file?.replace(/^\.\//, '') === name) return sum;
  }
  return undefined;
}

async function list(folder: string, depth: number): Promise<string[]> {
  if (depth > DEPTH) return [];
  const paths: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) paths.push(...(await list(path, depth + 1)));
    else paths.push(path);
    if (paths.length > MOST) break;
  }
  return paths;
}

function nearestFirst(one: string, other: string): number {
  const rank = (path: string) => (/\/(gtk|xen)\//.test(path) ? 1000 : 0) + path.split(sep).length;
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

async function firstWithin(root: string, paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined);
    if (real?.startsWith(`${root}${sep}`) && (await stat(real)).isFile()) return real;
  }
  return undefined;
}

async function checkSums(platform: string, root: string, files: ImageFiles): Promise<void> {
  const text = await readFile(join(root, 'SHA256SUMS'), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  for (const file of files.values()) {
    const wanted = sumIn(text, relative(root, file));
    if (wanted !== undefined && wanted !== (await sha256Of(file))) throw wrongSum(platform, file);
  }
}

export function wrongSum(platform: string, what: string): Error {
  return netbootProblem(
    'image-checksum',
    `boot.images.${platform}`,
    `${what} has another SHA-256 than it should`,
    'it is damaged, or another version: fetch it again, or correct the checksum',
  );
}
