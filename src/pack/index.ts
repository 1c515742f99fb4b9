/** Puts rendered seeds into the output folder, whole or not at all, and takes stale ones out of it. */
export { writeArchive } from './archive.ts';
export { syncFolder, writeAtomic, writeNew } from './atomic-write.ts';
export { type Out, openOut } from './out.ts';
export { type Packed, packHost } from './pack-host.ts';
export { explainSystemError } from './problem.ts';
export { listStale, pruneHost } from './stale.ts';
