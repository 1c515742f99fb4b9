import { lstat, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Finding, FindingsError } from '../report/finding.ts';
import { diskFull, isDiskFull } from './disk-full.ts';
import type { IsoBuilder, IsoFiles, IsoOptions } from './index.ts';
import { checkNames } from './names.ts';
import { holdsFiles } from './read-iso.ts';
import { type Ended, run } from './run.ts';

export interface XorrisoOptions {
  /** Name on PATH or path of the program; "xorriso" when left out. */
  program?: string;
  /** Milliseconds until a run is given up; 60,000 when left out. */
  timeout?: number;
  /** Ends runs under way and removes what they wrote. */
  signal?: AbortSignal;
}

/** Any date will do, as long as it is always the same: 2000-01-01, in UTC. */
const DATE = { epoch: '946684800', timestring: '2000010100000000' };
/** With `environment`, what makes the bytes depend on nothing but the files. */
export const REPRODUCIBLE = [
  `--modification-date=${DATE.timestring}`,
  '--set_all_file_dates',
  DATE.timestring,
];

export function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C', TZ: 'UTC', SOURCE_DATE_EPOCH: DATE.epoch };
}

/** What xorriso writes to standard error whether it fails or not. */
const CHATTER = /: NOTE :|: RockRidge filesystem manipulator/;
const WORK_FOLDER = 'work';
const IMAGE = 'image.iso';
const FILES = 'files';

/**
 * Builds images by one run of xorriso each, which is mostly asleep: run several at once. That the bytes depend
 * on nothing but the files needs all of SOURCE_DATE_EPOCH, --set_all_file_dates (by itself neither is enough),
 * TZ (ISO dates carry an offset from UTC) and -no_rc (the user's own startup files).
 */
export function xorrisoBuilder(options: XorrisoOptions = {}): IsoBuilder {
  return {
    async build(files, target, isoOptions) {
      checkNames(files, isoOptions);
      const work = join(dirname(target), `.${basename(target)}.${WORK_FOLDER}`);
      try {
        await rm(work, { recursive: true, force: true });
        await mkdir(work, { mode: 0o700 });
        await writeSources(join(work, FILES), files);
        await runXorriso(work, isoOptions, options, target);
        await accept(join(work, IMAGE), files, target, isoOptions);
      } catch (error) {
        throw isDiskFull(error) ? diskFull(target) : error;
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
  };
}

async function writeSources(folder: string, files: IsoFiles): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const [path, { content }] of files) {
    await mkdir(dirname(join(folder, path)), { mode: 0o700, recursive: true });
    await writeFile(join(folder, path), content, { mode: 0o600, flag: 'wx' });
  }
}

async function runXorriso(
  work: string,
  { volumeId }: IsoOptions,
  options: XorrisoOptions,
  target: string,
): Promise<void> {
  const program = options.program ?? 'xorriso';
  const args = ['-no_rc', '-as', 'mkisofs', '-quiet'];
  args.push('-volid', volumeId, '-rational-rock', '-joliet');
  args.push('-uid', '0', '-gid', '0', '-file-mode', '0400', '-dir-mode', '0500');
  args.push('--set_all_file_dates', DATE.timestring, '-o', IMAGE, FILES);
  const ended = await run(program.includes('/') ? resolve(program) : program, args, {
    cwd: work,
    env: environment(work),
    timeout: options.timeout ?? 60_000,
    ...(options.signal && { signal: options.signal }),
  });
  if (ended.kind === 'not found') throw missing(program);
  if (ended.kind === 'exited' && ended.status === 0) return;
  throw isDiskFull(ended.stderr) ? diskFull(target) : failed(program, ended, target);
}

/** Judges the new image by a reader of our own, and puts it in place. */
async function accept(
  image: string,
  files: IsoFiles,
  target: string,
  { volumeId }: IsoOptions,
): Promise<void> {
  const found = await lstat(image).catch(() => undefined);
  if (!found?.isFile() || !holdsFiles(await readFile(image), files, volumeId)) {
    throw unreadable(target);
  }
  const file = await open(image, 'r+');
  await file.chmod(0o600);
  await file.sync();
  await file.close();
  await rename(image, target);
  const folder = await open(dirname(target), 'r');
  await folder.sync();
  await folder.close();
}

export function unreadable(target: string): FindingsError {
  return problem({
    code: 'iso-unreadable',
    message: `the image that xorriso wrote for ${target} does not hold what was put into it`,
    hint: 'try again; if it stays so, check the disk and the version of xorriso (1.4.8 or later)',
  });
}

export function missing(program: string): FindingsError {
  return problem({
    code: 'iso-xorriso-missing',
    message: `${program} is not installed, and ISOs are made by it`,
    hint:
      'install the package xorriso (apt-get install xorriso), or, of seeds, do without it (--iso-builder embedded) or ' +
      'leave the ISOs out (--no-iso)',
  });
}

export function failed(program: string, ended: Ended, target: string): FindingsError {
  const how = {
    'not found': 'was not found',
    'not started': 'could not be started',
    exited: `failed with status ${ended.status}`,
    killed: `was ended by ${ended.signal}`,
    'timed out': 'did not finish in time',
    aborted: 'was interrupted',
  }[ended.kind];
  const lines = ended.stderr.split('\n').map((line) => line.trim());
  const last = lines
    .filter((line) => line !== '' && !CHATTER.test(line))
    .slice(-4)
    .join('; ');
  return problem({
    code: ended.kind === 'aborted' ? 'interrupted' : 'iso-xorriso-failed',
    message: `${program} ${how} while writing ${target}`,
    ...(last !== '' && ended.kind !== 'aborted' && { hint: `it said: ${last}` }),
  });
}

function problem(finding: Pick<Finding, 'code' | 'message' | 'hint'>): FindingsError {
  return new FindingsError([{ severity: 'error', path: 'iso', ...finding }]);
}
