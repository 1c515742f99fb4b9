import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a lab needs of the machine, in the words of `needs` of ../needs.ts. */
export const labNeeds = [
  'root',
  'arping',
  'ip',
  'losetup',
  'mmdebstrap',
  'nft',
  'nsenter',
  'setpriv',
  'systemd-nspawn',
  'tc',
  'unshare',
  'xorriso',
];

/** Throws where there cannot be a lab, with one sentence that says why. */
export function complain(): void {
  if (process.platform !== 'linux') throw new Error('a lab needs Linux');
  if (process.getuid?.() !== 0) throw new Error('a lab needs root');
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const missing = labNeeds.filter(
    (name) => name !== 'root' && !folders.some((folder) => existsSync(join(folder, name))),
  );
  if (missing.length > 0)
    throw new Error(`a lab needs ${missing.join(', ')}: scripts/install-packages.sh -f test/packages.txt`);
}
