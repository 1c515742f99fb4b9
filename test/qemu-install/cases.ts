/** A machine that installs itself, and what must be true of it afterwards. */
export interface Case {
  name: string;
  firmware: 'bios' | 'uefi';
  host: string;
  mac: string;
  address: string;
  /** Of the host, as the inventory has it. */
  role: string;
  disks: string;
  install: string;
  /** Sizes of the empty disks. */
  gigabytes: number[];
  /** Commands on the installed host, and what they say. */
  checks: { command: string; says: RegExp }[];
}

const SEED = [
  { command: 'stat -c "%a %U" /var/lib/cloud/seed/nocloud', says: /^700 root$/ },
  { command: 'cat /etc/network/interfaces', says: /^auto lo\niface lo inet loopback\n\nsource / },
  { command: 'cloud-init status', says: /^status: done$/ },
  { command: 'systemctl --failed --no-legend', says: /^$/ },
  { command: 'cat /proc/cmdline', says: /console=ttyS0,115200n8\b/ },
];

export const CASES: Case[] = [
  {
    name: 'bios-lvm',
    firmware: 'bios',
    host: 'cnt1',
    mac: '52:54:00:77:00:11',
    address: '10.77.0.11',
    role: 'controller',
    disks: '[{ rule: only }]',
    install: '{ recipe: lvm, firmware: bios, serial: "ttyS0,115200n8" }',
    gigabytes: [8],
    checks: [
      ...SEED,
      { command: 'hostname -f', says: /^cnt1\.example\.net$/ },
      { command: 'ip -br -4 address show up', says: /10\.77\.0\.11\/24/ },
      { command: 'vgs --noheadings -o vg_name', says: /^cnt1$/ },
      { command: 'findmnt -no SOURCE /', says: /^\/dev\/mapper\/cnt1-/ },
      { command: 'swapon --noheadings --show=TYPE', says: /^partition$/ },
      { command: 'test -e /sys/firmware/efi || echo bios', says: /^bios$/ },
    ],
  },
  {
    name: 'uefi-raid1',
    firmware: 'uefi',
    host: 'nfs',
    mac: '52:54:00:77:00:12',
    address: '10.77.0.12',
    role: 'storage',
    disks: '[{ rule: smallest, count: 2 }]',
    install: '{ recipe: raid1, firmware: uefi, serial: "ttyS0,115200n8" }',
    // The third is larger, and no rule may touch it.
    gigabytes: [8, 8, 12],
    checks: [
      ...SEED,
      { command: 'hostname -f', says: /^nfs\.example\.net$/ },
      { command: 'ip -br -4 address show up', says: /10\.77\.0\.12\/24/ },
      { command: 'findmnt -no SOURCE /', says: /^\/dev\/md/ },
      { command: 'cat /proc/mdstat', says: /raid1 vd[ab]\d\[\d\] vd[ab]\d\[\d\]/ },
      { command: 'findmnt -no FSTYPE /boot/efi', says: /^vfat$/ },
      { command: 'blkid -o value -s TYPE /dev/vda1 /dev/vdb1', says: /^vfat\nvfat$/ },
      {
        command:
          'mkdir -p /run/esp && for one in /dev/vd[ab]1; do mount $one /run/esp && ' +
          'ls /run/esp/EFI/debian/shimx64.efi /run/esp/EFI/BOOT/BOOTX64.EFI; umount /run/esp; done',
        says: /^(\S*shimx64\.efi\s+\S*BOOTX64\.EFI\s*|\S*BOOTX64\.EFI\s+\S*shimx64\.efi\s*){2}$/,
      },
      { command: 'blkid /dev/vdc* || echo untouched', says: /^untouched$/ },
      { command: 'test -d /sys/firmware/efi && echo uefi', says: /^uefi$/ },
    ],
  },
];
