/**
 * Makes ISO 9660 images of a few small files, such as a seed that cloud-init looks for by its volume id.
 * The same files give the same bytes on the same version of the program behind it.
 */

/** Files of an image by relative path, at most seven folders deep; the mode is the image's own: 0400, owner and group 0. */
export type IsoFiles = ReadonlyMap<string, { content: string | Buffer }>;

export interface IsoOptions {
  /** At most 16 letters, digits and underscores, as it stands in the ISO and Joliet volume descriptors. */
  volumeId: string;
}

export interface IsoBuilder {
  /**
   * Writes the image to `target` (mode 0600), which appears whole or not at all. Until then everything is in
   * a folder of mode 0700 or a file of 0600 beside it, which the next build of that target removes if this one
   * is killed.
   * Builds of different targets may run side by side, two of one target may not.
   * @throws FindingsError when the program behind it is missing or fails, or the disk is full
   */
  build(files: IsoFiles, target: string, options: IsoOptions): Promise<void>;
}

/**
 * How many builds to run at once. A run of xorriso sleeps for most of its time: 50 images took 9.5 s one by
 * one, 2.6 s by fours, 1.0 s by sixteens and no less by more, on two cores.
 */
export const ISOS_AT_ONCE = 16;

export { type BootableIso, buildBootableIso } from './bootable.ts';
export { diskFull, isDiskFull } from './disk-full.ts';
export { embeddedBuilder } from './embedded.ts';
export { mapConcurrent } from './map-concurrent.ts';
export { holdsFiles, type IsoImage, readIso } from './read-iso.ts';
export { type XorrisoOptions, xorrisoBuilder } from './xorriso.ts';
