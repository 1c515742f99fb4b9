import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { diskFull, isDiskFull } from './disk-full.ts';
import { readIso } from './read-iso.ts';
import { run } from './run.ts';
import { environment, failed, missing, REPRODUCIBLE, unreadable, type XorrisoOptions } from './xorriso.ts';

export interface BootableIso {
  /** At most 16 letters, digits and underscores. */
  volumeId: string;
  /** Folder whose content the image gets; nobody else writes to it meanwhile. */
  content: string;
  /** In `content`: the boot image for BIOS (ISOLINUX; a table of where it lies is put into it). */
  bios: string;
  /** In `content`: a FAT image with the loader for UEFI. */
  uefi: string;
  /** Boot sector that makes the image bootable from USB, too. */
  mbr: string;
}

/** Any id will do that is always the same. */
const GUID = '73746163-6b73-4565-8473-000000000001';
const CATALOGUE = 'boot.cat';

/**
 * Builds an image that BIOS and UEFI boot, as a CD and from USB: El Torito entries for both, an MBR, and a GPT that
 * names the FAT image as a partition. The same content gives the same bytes. `target` (mode 0600) appears whole or not
 * at all.
 * @throws FindingsError when xorriso is missing or fails, or the disk is full
 */
export async function buildBootableIso(
  iso: BootableIso,
  target: string,
  options: XorrisoOptions = {},
): Promise<void> {
  const program = options.program ?? 'xorriso';
  const work = join(dirname(target), `.${basename(target)}.work`);
  const image = join(work, 'image.iso');
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { mode: 0o700 });
    const ended = await run(program, argumentsOf(iso, image), {
      cwd: work,
      env: environment(work),
      timeout: options.timeout ?? 300_000,
      ...(options.signal && { signal: options.signal }),
    });
    if (ended.kind === 'not found') throw missing(program);
    if (ended.kind !== 'exited' || ended.status !== 0)
      throw isDiskFull(ended.stderr) ? diskFull(target) : failed(program, ended, target);
    if (!(await holds(image, iso))) throw unreadable(target);
    const file = await open(image, 'r+');
    await file.chmod(0o600);
    await file.sync();
    await file.close();
    await rename(image, target);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(target) : error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function argumentsOf({ volumeId, content, bios, uefi, mbr }: BootableIso, image: string): string[] {
  return [
    ...['-no_rc', '-as', 'mkisofs', '-quiet', '-volid', volumeId, '-rational-rock', '-joliet'],
    ...['-uid', '0', '-gid', '0', '-file-mode', '0400', '-dir-mode', '0500'],
    ...REPRODUCIBLE,
    ...['--gpt_disk_guid', GUID],
    ...['-isohybrid-mbr', mbr, '-c', CATALOGUE],
    ...['-b', bios, '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'],
    ...['-eltorito-alt-boot', '-e', uefi, '-no-emul-boot', '-isohybrid-gpt-basdat'],
    ...['-o', image, content],
  ];
}

/** Whether every file is in the image as it should be, but for the one that xorriso puts its table into. */
async function holds(image: string, { content, bios }: BootableIso): Promise<boolean> {
  const { files } = readIso(await readFile(image)).rockRidge;
  for (const [path, file] of files) {
    if (path === CATALOGUE || path === bios) continue;
    if (!file.content.equals(await readFile(join(content, path)))) return false;
  }
  return files.has(bios) && files.size > 2;
}
