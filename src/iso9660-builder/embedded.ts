import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { diskFull, isDiskFull } from './disk-full.ts';
import type { IsoBuilder } from './index.ts';
import { isoImage, PADDING } from './iso-image.ts';
import { SECTOR } from './iso-tree.ts';
import { checkNames } from './names.ts';
import { holdsFiles } from './read-iso.ts';

/**
 * Builds images in this process, without a program: milliseconds for an image instead of the third of a second
 * that a run of xorriso sleeps. The bytes are not those of xorriso, what is read from them is the same.
 */
export function embeddedBuilder(): IsoBuilder {
  return {
    async build(files, target, options) {
      checkNames(files, options);
      const image = isoImage(files, options.volumeId);
      if (!holdsFiles(image, files, options.volumeId))
        throw new Error(`the image for ${target} does not hold what was put into it`);
      const beside = join(dirname(target), `.${basename(target)}.work`);
      try {
        await rm(beside, { recursive: true, force: true });
        await writeImage(beside, image);
        await rename(beside, target);
        const folder = await open(dirname(target), 'r');
        await folder.sync().finally(() => folder.close());
      } catch (error) {
        await rm(beside, { force: true });
        throw isDiskFull(error) ? diskFull(target) : error;
      }
    },
  };
}

async function writeImage(path: string, image: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(image);
    // A hole takes no room on the disk and no time.
    await file.truncate(image.length + PADDING * SECTOR);
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}
