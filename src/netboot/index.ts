/**
 * The network-boot tree: plain files that any TFTP and HTTP server can serve. Everything in it says "boot the
 * disk"; a host that is armed by name gets boot files of its own that start its installer, until it is disarmed.
 */
export { arm, disarm, readArms } from './arms.ts';
export type { Arm, BootUrls, InstallerFile, TreeFile } from './types.ts';
