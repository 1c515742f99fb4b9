import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from '../iso9660-builder/run.ts';
import { findImage, type ImageFiles, sha256Of, sumIn, wrongSum } from './image-files.ts';
import { netbootProblem } from './problem.ts';

/** Where the installer of a platform comes from. */
export interface ImageSource {
  platform: string;
  /** A folder, .deb or .tar.gz by its path; the URL of one of the latter two; or the URL of a mirror. */
  from: string;
  /** Of the package or archive, hex. */
  sha256?: string;
  /** Where a mirror has archive and SHA256SUMS, relative to its URL; absent where mirrors have none. */
  mirror?: { archive: string; sums: string };
}

/** Bytes of a download: more is no installer. */
const LARGEST = 1024 ** 3;
const MINUTES = 60_000;

/**
 * Gets an installer and finds its files; what has to be unpacked goes into `work`, an empty folder of the caller's.
 * @throws FindingsError when it cannot be had, is not what its checksum says, or lacks kernel or initrd
 */
export async function getImage(source: ImageSource, work: string, signal?: AbortSignal): Promise<ImageFiles> {
  const { platform, from, sha256 } = source;
  if (/^https?:/.test(from)) {
    const { file, sum } = await download(source, work, signal);
    if (sum !== (await sha256Of(file))) throw wrongSum(platform, from);
    return findImage(platform, await unpack(platform, file, work, signal));
  }
  const found = await stat(from).catch(() => undefined);
  if (!found)
    throw problem(
      platform,
      'image-missing',
      `there is no ${from}`,
      'correct the path (boot.images, --image)',
    );
  if (found.isDirectory()) {
    if (sha256 !== undefined)
      throw problem(
        platform,
        'image-checksum',
        `${from} is a folder, which has no checksum`,
        'take sha256 out',
      );
    return findImage(platform, from);
  }
  if (sha256 !== undefined && sha256 !== (await sha256Of(from))) throw wrongSum(platform, from);
  return findImage(platform, await unpack(platform, from, work, signal));
}

/** The archive in `work`, and what its checksum must be. Nothing is taken from the network without one. */
async function download(
  { platform, from, sha256, mirror }: ImageSource,
  work: string,
  signal?: AbortSignal,
): Promise<{ file: string; sum: string }> {
  const single = /\.(deb|tar\.gz|tgz)$/.test(from);
  const base = from.replace(/\/+$/, '');
  if (!single && !mirror) {
    const hint = 'give the URL of an archive (.tar.gz) and its sha256';
    throw problem(
      platform,
      'image-unknown',
      `mirrors have no installer of ${platform} for network boot`,
      hint,
    );
  }
  const url = single || !mirror ? from : `${base}/${mirror.archive}`;
  let sum = sha256;
  if (sum === undefined) {
    if (single || !mirror) {
      const hint = 'write the one that its publisher gives: sha256: …';
      throw problem(platform, 'image-unchecked', `nothing tells whether ${from} comes whole`, hint);
    }
    const sums = join(work, 'SHA256SUMS');
    const text = (await fetchTo(platform, `${base}/${mirror.sums}`, sums, signal)).toString();
    const name = mirror.archive.slice(mirror.sums.lastIndexOf('/') + 1);
    sum = sumIn(text, name);
    if (sum === undefined) throw problem(platform, 'image-unchecked', `SHA256SUMS of ${base} has no ${name}`);
  }
  const file = join(work, url.endsWith('.deb') ? 'image.deb' : 'image.tar.gz');
  await fetchTo(platform, url, file, signal);
  return { file, sum };
}

/** Fetches into a file, and returns the first 64 KiB. */
async function fetchTo(platform: string, url: string, file: string, signal?: AbortSignal): Promise<Buffer> {
  const limit = AbortSignal.timeout(30 * MINUTES);
  const head: Buffer[] = [];
  let size = 0;
  try {
    const answer = await fetch(url, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    if (!answer.ok || !answer.body) throw new Error(`the server answers ${answer.status}`);
    const counted = new Transform({
      transform(chunk: Buffer, _, done) {
        if (size < 65_536) head.push(chunk);
        size += chunk.length;
        done(size > LARGEST ? new Error('it is larger than 1 GiB') : null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(answer.body), counted, createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw problem(
      platform,
      'image-download',
      `${url} is not to be had: ${why}`,
      'check the URL and the network',
    );
  }
  return Buffer.concat(head).subarray(0, 65_536);
}

/** Both programs refuse names that lead out of the folder. */
async function unpack(platform: string, file: string, work: string, signal?: AbortSignal): Promise<string> {
  const folder = join(work, 'files');
  await mkdir(folder, { mode: 0o700 });
  const deb = file.endsWith('.deb');
  const program = deb ? 'dpkg-deb' : 'tar';
  const args = deb
    ? ['--extract', file, folder]
    : ['--extract', '--gzip', '--no-same-owner', '--file', file, '--directory', folder];
  const ended = await run(program, args, {
    cwd: process.cwd(),
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    timeout: 10 * MINUTES,
    ...(signal && { signal }),
  });
  if (ended.kind === 'exited' && ended.status === 0) return folder;
  if (ended.kind === 'not found')
    throw problem(
      platform,
      'image-unpack',
      `${program} is not installed`,
      `install it, or unpack ${file} yourself`,
    );
  const said = ended.stderr.trim().split('\n').at(-1) ?? '';
  throw problem(platform, 'image-unpack', `${program} cannot unpack ${file}`, said && `it said: ${said}`);
}

function problem(platform: string, code: string, message: string, hint?: string): Error {
  return netbootProblem(code, `boot.images.${platform}`, message, hint);
}
