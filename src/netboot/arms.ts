import type { Arm, BootUrls } from './types.ts';

/**
 * Reads arms.json of the tree `folder`: the hosts that are armed, sorted by name. An absent file means none.
 * @throws FindingsError "arms-unreadable" when the file is not what stackseed writes
 */
export async function readArms(_folder: string): Promise<Arm[]> {
  throw new Error('not written yet');
}

/**
 * Arms hosts in the tree `folder`, all of them or none: each gets a new token, a folder www/t/TOKEN with its
 * preseed and seed out of `fleetOut` (what `stackseed generate` wrote), and boot files for each of its MAC
 * addresses. One that is armed already gets a new token; the old one stops working. Written in this order: token
 * folder, arms.json, boot files; so a run that is killed leaves no boot file without an entry.
 * @returns the new arms
 * @throws FindingsError when a host has no installer file, its platform has no image in the tree, or another run
 *   writes to the tree
 */
export async function arm(
  _folder: string,
  _fleetOut: string,
  _hosts: string[],
  _urls: BootUrls,
): Promise<Arm[]> {
  throw new Error('not written yet');
}

/**
 * Disarms a host: from here on it boots its disk. Its boot files go first, then its entry, then www/t/TOKEN.
 * @returns whether it was armed
 * @throws FindingsError when another run writes to the tree
 */
export async function disarm(_folder: string, _host: string): Promise<boolean> {
  throw new Error('not written yet');
}
