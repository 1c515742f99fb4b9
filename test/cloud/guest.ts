import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../images/run.ts';

/** The kernel and the modules of Debian's installer, which is among the packages of the tests. */
const INSTALLER = '/usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64';
/** In the order in which each finds the ones before it loaded. */
const MODULES = [
  'virtio',
  'virtio_ring',
  'virtio_pci_legacy_dev',
  'virtio_pci_modern_dev',
  'virtio_pci',
  'failover',
  'net_failover',
  'virtio_net',
];

/** Bytes of the disk: kernel and initrd, and some room. */
const SIZE = '48M';

/** What SYSLINUX boots from it. */
const CONFIGURATION = `DEFAULT guest
LABEL guest
  KERNEL /linux
  INITRD /initrd
  APPEND console=ttyS0 quiet
`;

/**
 * A server's disk: one FAT filesystem with a kernel, and an initrd in which busybox and dropbear do what guest/init says. Gives its
 * path in a folder that is made. A whole disk, since Nova's live migration refuses images of a kernel alone.
 */
export async function makeGuest(folder: string): Promise<string> {
  const tree = join(folder, 'tree');
  const scripts = join(dirname(fileURLToPath(import.meta.url)), 'guest');
  for (const part of ['bin', 'dev', 'etc/dropbear', 'installer', 'modules', 'proc', 'root', 'sys', 'tmp'])
    await mkdir(join(tree, part), { recursive: true });
  const shell = (script: string, ...words: string[]) => must(['bash', '-euc', script, 'guest', ...words]);
  await shell(
    'cd "$1/installer" && zcat "$2/initrd.gz" | cpio --quiet --extract --make-directories "*.ko" 2>/dev/null',
    tree,
    INSTALLER,
  );
  for (const name of MODULES)
    await shell('cp "$(find "$1/installer" -name "$2.ko" | grep .)" "$1/modules/$2.ko"', tree, name);
  await shell('rm -r "$1/installer"', tree);
  await writeFile(join(tree, 'modules/order'), MODULES.map((name) => `${name}.ko\n`).join(''));
  for (const name of ['init', 'udhcpc.sh']) {
    await copyFile(join(scripts, name), join(tree, name));
    await chmod(join(tree, name), 0o755);
  }
  for (const program of ['busybox', 'dropbear'])
    await shell(
      `cp "$(PATH=$PATH:/usr/sbin command -v "$2")" "$1/bin/$2"
       ldd "$1/bin/$2" | grep -o '/[^ ]*' | while read -r file; do install -D "$file" "$1$file"; done`,
      tree,
      program,
    );
  await writeFile(join(tree, 'etc/passwd'), 'root:*:0:0:root:/root:/bin/sh\n');
  // Who logs in as root may do without.
  await writeFile(join(tree, 'bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  const file = (name: string) => join(folder, name);
  await shell('cd "$1" && find . | cpio --quiet -o -H newc | gzip -1 >"$2"', tree, file('initrd'));
  await shell('rm -r "$1"', tree);
  await writeFile(file('syslinux.cfg'), CONFIGURATION);
  await shell(
    `truncate -s "$2" "$1/disk"
     mformat -i "$1/disk" -v GUEST -T "$(($(stat -c %s "$1/disk") / 512))" -h 16 -s 63 ::
     mcopy -i "$1/disk" "$3" ::linux
     mcopy -i "$1/disk" "$1/initrd" ::initrd
     mcopy -i "$1/disk" "$1/syslinux.cfg" ::syslinux.cfg
     syslinux --install "$1/disk"`,
    folder,
    SIZE,
    join(INSTALLER, 'linux'),
  );
  return file('disk');
}
