import type { IsoFiles, IsoOptions } from './index.ts';

/** Folders of an image below its root: ISO 9660 (ECMA-119, 6.8.2.1) has eight levels, the root among them. */
const DEPTH_LIMIT = 7;

/** Names and volume ids come from this program: a wrong one is a mistake of ours. */
export function checkNames(files: IsoFiles, { volumeId }: IsoOptions): void {
  if (!/^[A-Za-z0-9_]{1,16}$/.test(volumeId)) throw new Error(`not a volume id: ${JSON.stringify(volumeId)}`);
  for (const path of files.keys()) {
    const names = path.split('/');
    // Joliet has 64 characters for a name.
    const fine = names.every((name) => /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/.test(name));
    if (!fine || names.length > DEPTH_LIMIT + 1)
      throw new Error(`not a path for an image: ${JSON.stringify(path)}`);
  }
}
