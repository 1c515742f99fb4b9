import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IsoFiles } from '../../src/iso9660-builder/index.ts';

function said(program: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** What xorriso finds in an image: a line a file, `MODE LINKS OWNER GROUP SIZE DATE PATH`. */
export function xorrisoListing(image: string): string[] {
  const listing = said('xorriso', ['-no_rc', '-indev', image, '-find', '/', '-exec', 'lsdl']);
  return listing
    .trim()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '))
    .sort();
}

/** Has xorriso take everything out into `folder`, and gives what is there then: bytes by path. */
export function xorrisoExtracts(image: string, folder: string): Map<string, Buffer> {
  said('xorriso', ['-no_rc', '-osirrox', 'on:auto_chmod_on', '-indev', image, '-extract', '/', folder]);
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((one) => one.isFile());
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

/** Full names as isoinfo reads them: by Rock Ridge or Joliet, folders included, sorted. */
export function isoinfoNames(image: string, kind: '-R' | '-J'): string[] {
  return said('isoinfo', [kind, '-f', '-i', image]).trim().split('\n').sort();
}

/** The bytes of a file as isoinfo reads them. */
export function isoinfoReads(image: string, kind: '-R' | '-J', path: string): Buffer {
  const { stdout } = spawnSync('isoinfo', [kind, '-i', image, '-x', `/${path}`], { maxBuffer: 1 << 26 });
  return stdout;
}

/** What blkid says of an image, which is what cloud-init looks for a seed by. */
export function blkidSays(image: string): Record<string, string> {
  const lines = said('blkid', ['-p', '-o', 'export', image]).trim().split('\n').slice(1);
  return Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
}

/** Paths of files and of all folders above them, with a slash in front. */
export function pathsOf(files: IsoFiles): string[] {
  const paths = [...files.keys()].flatMap((path) => {
    const names = path.split('/');
    return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
  });
  return [...new Set(paths)].sort();
}
