import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  ARCHIVES,
  archiveKind,
  CHECKSUMS,
  checksumLine,
  explainSystemError,
  writeArchive,
  writeAtomic,
} from '../../pack/index.ts';
import type { Tree } from '../../render/tree.ts';
import { FindingsError } from '../../report/finding.ts';
import { type Context, fileFrom, writeJson } from '../context.ts';
import { readSeeds } from '../seeds.ts';
import { count } from '../table.ts';

interface Options {
  out: string;
  host?: string[];
  each?: boolean;
  zip?: boolean;
  json?: boolean;
}

/** Packs the seeds that lie in the output folder as they are, ISOs left out: those hold the same once more. */
export async function bundle(context: Context, target: string, options: Options): Promise<void> {
  const kind = archiveKind(target);
  if (!options.each && !kind)
    throw problem(
      'bundle-name',
      `${target} does not say which kind of archive it is`,
      `end it in ${ARCHIVES.join(', ')}`,
    );
  const seeds = await readSeeds(fileFrom(context, options.out), options.host);
  const file = fileFrom(context, target);
  const archives = options.each
    ? await writeEach(file, seeds, options.zip ? '.zip' : '.tar.gz')
    : { [file]: await writeOne(file, seeds) };
  if (context.json) writeJson(context, { hosts: [...seeds.keys()], archives, findings: [] });
  else if (!context.quiet)
    context.stdout.write(
      options.each
        ? `${count(seeds.size, 'archive')} in ${target}\n`
        : `${count(seeds.size, 'seed')} in ${target}\n`,
    );
}

/** One archive of all, and its checksum beside it. */
async function writeOne(file: string, seeds: ReadonlyMap<string, Tree>): Promise<string> {
  const digest = await writeArchive(file, seeds);
  await writeSums(`${file}.sha256`, checksumLine(digest, basename(file)));
  return digest;
}

/** An archive for each host in a folder, and the checksums of all. */
async function writeEach(
  folder: string,
  seeds: ReadonlyMap<string, Tree>,
  ending: string,
): Promise<Record<string, string>> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw explainSystemError(error, folder);
  });
  const digests: Record<string, string> = {};
  const lines: string[] = [];
  for (const [host, tree] of seeds) {
    const file = join(folder, `${host}${ending}`);
    const digest = await writeArchive(file, new Map([[host, tree]]));
    digests[file] = digest;
    lines.push(checksumLine(digest, basename(file)));
  }
  await writeSums(join(folder, CHECKSUMS), lines.join(''));
  return digests;
}

async function writeSums(file: string, text: string): Promise<void> {
  await writeAtomic(file, text).catch((error: unknown) => {
    throw explainSystemError(error, file);
  });
}

function problem(code: string, message: string, hint: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path: 'out', message, hint }]);
}
