import type { InstallPlan } from '../plan/types.ts';

/** One action of curtin's storage configuration, as autoinstall takes it. Sizes are bytes; -1 is what is left. */
export type Action = { id: string; type: string } & Record<string, string | number | boolean | string[]>;

type Volume = InstallPlan['volumes'][number];

const MIB = 1024 * 1024;
const ESP = 512 * MIB;
const BIOS_GRUB = MIB;
const REST = -1;

/**
 * Disks, partitions, file systems and mounts for a firmware. Disks are called /dev/stackseed/1 and so on, until
 * early.sh puts in those that it has chosen. What refers to another action comes after it.
 * Source: curtin's documentation, "Storage".
 */
export function storageActions(vg: string, install: InstallPlan, by: 'bios' | 'uefi'): Action[] {
  const count = install.disks.reduce((sum, disk) => sum + disk.count, 0);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const disks = numbers.flatMap((number) => [disk(number, by), ...bootPartition(number, by)]);
  const volumes = {
    atomic: () => install.volumes.flatMap((one, index) => onPartition(one, index)),
    lvm: () => onLvm(vg, install.volumes),
    raid1: () => install.volumes.flatMap((one, index) => onMirror(one, index, numbers)),
  }[install.recipe]();
  const boot: Action[] =
    by === 'uefi' ? [{ id: 'mount-esp', type: 'mount', device: 'format-1-boot', path: '/boot/efi' }] : [];
  return [...disks, ...rootFirst(volumes), ...boot];
}

/** A mount is made in what is there: those of others come after that of the root. */
function rootFirst(actions: Action[]): Action[] {
  const isMount = ({ type }: Action) => type === 'mount';
  const depth = ({ path }: Action) => (path === '/' ? 0 : String(path).split('/').length);
  const mounts = actions.filter(isMount).sort((a, b) => depth(a) - depth(b));
  return [...actions.filter((action) => !isMount(action)), ...mounts];
}

function disk(number: number, by: 'bios' | 'uefi'): Action {
  return {
    id: `disk-${number}`,
    type: 'disk',
    path: `/dev/stackseed/${number}`,
    ptable: 'gpt',
    wipe: 'superblock-recursive',
    preserve: false,
    ...(by === 'bios' && { grub_device: true }),
  };
}

/** GRUB goes to every disk: with UEFI curtin installs it to each of the partitions that say grub_device. */
function bootPartition(number: number, by: 'bios' | 'uefi'): Action[] {
  const id = `disk-${number}-boot`;
  const common = { id, type: 'partition', device: `disk-${number}`, preserve: false, wipe: 'superblock' };
  if (by === 'bios') return [{ ...common, size: BIOS_GRUB, flag: 'bios_grub' }];
  return [
    { ...common, size: ESP, flag: 'boot', grub_device: true },
    { id: `format-${number}-boot`, type: 'format', volume: id, fstype: 'fat32', preserve: false },
  ];
}

function bytes({ megabytes, grow }: Volume): number {
  return grow ? REST : Math.ceil((megabytes * 1_000_000) / MIB) * MIB;
}

function partition(id: string, number: number, size: number, more: Partial<Action> = {}): Action {
  const common = { type: 'partition', device: `disk-${number}`, preserve: false, wipe: 'superblock' };
  return { id, ...common, size, ...more } as Action;
}

function onPartition(volume: Volume, index: number): Action[] {
  const id = `volume-${index + 1}`;
  const flag = volume.filesystem === 'swap' ? { flag: 'swap' } : {};
  return [partition(id, 1, bytes(volume), flag), ...formatted(id, volume)];
}

function onMirror(volume: Volume, index: number, numbers: number[]): Action[] {
  const id = `volume-${index + 1}`;
  const members = numbers.map((number) => `${id}-${number}`);
  const partitions = numbers.map((number) => partition(`${id}-${number}`, number, bytes(volume)));
  const raid = {
    id,
    type: 'raid',
    name: `md${index}`,
    raidlevel: 'raid1',
    devices: members,
    preserve: false,
  };
  return [...partitions, raid, ...formatted(id, volume)];
}

function onLvm(vg: string, volumes: Volume[]): Action[] {
  return [
    partition('physical', 1, REST),
    { id: 'group', type: 'lvm_volgroup', name: vg, devices: ['physical'], preserve: false },
    ...volumes.flatMap((volume, index) => {
      const id = `volume-${index + 1}`;
      const name = volume.mount === '/' ? 'root' : `${volume.mount.replace(/^\//, '').replaceAll('/', '_')}`;
      const common = {
        id,
        type: 'lvm_partition',
        name,
        volgroup: 'group',
        preserve: false,
        wipe: 'superblock',
      };
      return [{ ...common, size: bytes(volume) }, ...formatted(id, volume)];
    }),
  ];
}

function formatted(volume: string, { filesystem, mount }: Volume): Action[] {
  const format = `format-${volume}`;
  return [
    { id: format, type: 'format', volume, fstype: filesystem, preserve: false },
    { id: `mount-${volume}`, type: 'mount', device: format, path: filesystem === 'swap' ? '' : mount },
  ];
}
