/**
 * The network-boot tree: plain files that any TFTP and HTTP server can serve. Everything in it says "boot the
 * disk"; a host that is armed by name gets boot files of its own that start its installer, until it is disarmed.
 */
export { arm, disarm, readArms } from './arms.ts';
export { type BootNetwork, dnsmasqConf } from './dnsmasq.ts';
export type { ImageSource } from './image-source.ts';
export { buildInstallIso } from './install-iso.ts';
export { hostFiles, readInstaller } from './installer-file.ts';
export { buildTree, type TreeReport } from './tree.ts';
export { readTreeFile } from './tree-file.ts';
export type { Arm, BootUrls, TreeFile } from './types.ts';
