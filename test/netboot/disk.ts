import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a machine says on its serial console when it has booted its disk. */
export const FROM_DISK = 'this is the disk';

/** A disk for BIOS: a boot sector that writes to the first serial port, and halts. */
export function biosDisk(file: string): void {
  const code = [
    [0xfa], // cli
    [0x31, 0xc0, 0x8e, 0xd8], // ds = 0
    [0xbe, 0x16, 0x7c], // si = the text, behind the code
    [0xac, 0x84, 0xc0, 0x74, 0x06], // next: al = [si++]; at the end go to stop
    [0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5], // out 0x3f8, al; go to next
    [0xf4, 0xeb, 0xfd], // stop: hlt
  ].flat();
  const disk = Buffer.alloc(1024 * 1024);
  Buffer.from(code).copy(disk);
  disk.write(`${FROM_DISK}\r\n\0`, 0x16, 'latin1');
  disk.writeUInt16LE(0xaa55, 510);
  writeFileSync(file, disk);
}

/**
 * A disk for UEFI: a FAT file system with shim and GRUB where Debian puts them, or where a firmware looks that
 * remembers nothing; that GRUB writes a line.
 */
export function uefiDisk(
  file: string,
  loaders: { shim: string; grub: string },
  folder: string,
  place: 'debian/shimx64.efi' | 'BOOT/BOOTX64.EFI' = 'debian/shimx64.efi',
): void {
  writeFileSync(file, Buffer.alloc(16 * 1024 * 1024));
  const config = join(folder, 'disk-grub.cfg');
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, `echo ${FROM_DISK}\nsleep 3600\n`);
  mtools('mformat', '-i', file, '::');
  mtools(
    'mmd',
    '-i',
    file,
    '::EFI',
    `::EFI/${dirname(place)}`,
    '::debian-installer',
    '::debian-installer/amd64',
  );
  mtools('mmd', '-i', file, '::debian-installer/amd64/grub');
  mtools('mcopy', '-i', file, loaders.shim, `::EFI/${place}`);
  mtools('mcopy', '-i', file, loaders.grub, `::EFI/${dirname(place)}/grubx64.efi`);
  mtools('mcopy', '-i', file, config, '::debian-installer/amd64/grub/grub.cfg');
}

function mtools(program: string, ...args: string[]): void {
  const ran = spawnSync(program, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${program}: ${ran.stderr}`);
}
