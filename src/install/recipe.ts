import type { InstallPlan } from '../plan/types.ts';

type Volume = InstallPlan['volumes'][number];

/** What each kind of firmware boots from, in decimal megabytes. */
const ESP = 538;
const BIOS_GRUB = 1;

/** Where partman is told in MB that a volume grows: its factor must be above its least size. */
const WEIGHT = 1000;

/**
 * partman's expert recipe for a host's system disks, on one line. With LVM the volumes are logical ones, in the
 * physical volume that partman adds by itself; in a mirror each volume is a partition on every disk, which
 * partman-auto-raid joins to arrays (early.sh knows their names).
 * Source: partman-auto's recipes.sh, partman-auto-lvm, partman-auto-raid.
 */
export function partmanRecipe(install: InstallPlan, by: 'bios' | 'uefi'): string {
  const boot = by === 'uefi' ? esp() : biosGrub();
  const volumes = install.volumes.map((volume) => entry(volume, install.recipe, by));
  return ['stackseed ::', boot, ...volumes].join(' ');
}

/** Decimal megabytes that each system disk must have: the volumes, what boots, and some room for metadata. */
export function megabytesNeeded(install: InstallPlan): number {
  return install.volumes.reduce((sum, { megabytes }) => sum + megabytes, ESP + 62);
}

/** The arrays of a mirror, in the order of their partitions: file system and where it is mounted. */
export function arrays(install: InstallPlan): { filesystem: string; mount: string }[] {
  if (install.recipe !== 'raid1') return [];
  return install.volumes.map(({ filesystem, mount }) => ({
    filesystem,
    mount: filesystem === 'swap' ? '-' : mount,
  }));
}

function esp(): string {
  return `${ESP} ${ESP} ${ESP} free method{ efi } format{ } .`;
}

/** On a partition table of the old kind, which has no place for it, partman leaves it out. */
function biosGrub(): string {
  return `${BIOS_GRUB} ${BIOS_GRUB} ${BIOS_GRUB} free $iflabel{ gpt } method{ biosgrub } .`;
}

function entry(volume: Volume, recipe: InstallPlan['recipe'], by: 'bios' | 'uefi'): string {
  const { megabytes, grow, filesystem, mount } = volume;
  const size = grow ? `${megabytes} ${megabytes + WEIGHT} -1` : `${megabytes} ${megabytes} ${megabytes}`;
  // Some BIOSes want an active partition; only tables of the old kind have one, and only among the primary ones.
  const active = by === 'bios' && mount === '/' ? ' $bootable{ }' : '';
  if (recipe === 'raid1') return `${size} raid $lvmignore{ } $primary{ }${active} method{ raid } .`;
  const kind = recipe === 'lvm' ? ' $lvmok{ }' : active && ` $primary{ }${active}`;
  if (filesystem === 'swap') return `${size} linux-swap${kind} method{ swap } format{ } .`;
  const use = `method{ format } format{ } use_filesystem{ } filesystem{ ${filesystem} } mountpoint{ ${mount} }`;
  return `${size} ${filesystem}${kind} ${use} .`;
}
