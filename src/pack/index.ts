/** Puts rendered seeds into the output folder, whole or not at all, and takes stale ones out of it. */
export { ARCHIVES, archiveKind, CHECKSUMS, checksumLine, writeArchive } from './archive.ts';
export { syncFolder, writeAtomic, writeNew } from './atomic-write.ts';
export { readHostTree, removeFolder, SEED_FILES } from './host-folder.ts';
export { type Inspected, inspectHost, sha256, stampOf } from './inspect.ts';
export {
  type Journal,
  MANIFEST,
  type Manifest,
  type ManifestHost,
  openJournal,
  readManifest,
  writeManifest,
} from './manifest.ts';
export { type Out, openOut } from './out.ts';
export { type Packed, packHost } from './pack-host.ts';
export { explainSystemError } from './problem.ts';
export { hostFolders, listStale, pruneHost } from './stale.ts';
