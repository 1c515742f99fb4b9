import { z } from 'zod';

/**
 * The rules of Ubuntu's autoinstall reference and of curtin's storage reference, as far as they concern what is
 * written here, and stricter: a key that the references do not have is an error, as it will be in their next version.
 */

const command = z.union([z.string(), z.array(z.string()).min(1)]);
const commands = z.array(command);
const uri = z.url({ protocol: /^https?$/ });

const address = z.string().regex(/^[0-9.]+\/[0-9]+$/);
const ethernet = z.strictObject({
  match: z.strictObject({ macaddress: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) }).optional(),
  dhcp4: z.boolean().optional(),
  addresses: z.array(address).optional(),
  routes: z.array(z.strictObject({ to: z.string(), via: z.ipv4() })).optional(),
  nameservers: z.strictObject({ addresses: z.array(z.ipv4()), search: z.array(z.string()) }).optional(),
});

const id = z.string().min(1);
const size = z.union([
  z.literal(-1),
  z
    .int()
    .positive()
    .multipleOf(1024 * 1024),
]);
const action = z.discriminatedUnion('type', [
  z.strictObject({
    id,
    type: z.literal('disk'),
    path: z.string().startsWith('/dev/'),
    ptable: z.enum(['gpt', 'msdos']),
    wipe: z.enum(['superblock', 'superblock-recursive', 'zero', 'random', 'pvremove']),
    preserve: z.boolean(),
    grub_device: z.boolean().optional(),
  }),
  z.strictObject({
    id,
    type: z.literal('partition'),
    device: id,
    size,
    wipe: z.literal('superblock'),
    preserve: z.boolean(),
    flag: z.enum(['boot', 'bios_grub', 'swap']).optional(),
    grub_device: z.boolean().optional(),
  }),
  z.strictObject({
    id,
    type: z.literal('format'),
    volume: id,
    fstype: z.enum(['ext4', 'xfs', 'fat32', 'swap']),
    preserve: z.boolean(),
  }),
  z.strictObject({
    id,
    type: z.literal('mount'),
    device: id,
    // Swap has an empty one.
    path: z.string().regex(/^$|^\//),
  }),
  z.strictObject({
    id,
    type: z.literal('lvm_volgroup'),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/),
    devices: z.array(id).min(1),
    preserve: z.boolean(),
  }),
  z.strictObject({
    id,
    type: z.literal('lvm_partition'),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/),
    volgroup: id,
    size,
    wipe: z.literal('superblock'),
    preserve: z.boolean(),
  }),
  z.strictObject({
    id,
    type: z.literal('raid'),
    name: z.string().regex(/^md[0-9]+$/),
    raidlevel: z.literal('raid1'),
    devices: z.array(id).min(2),
    preserve: z.boolean(),
  }),
]);

export type StorageAction = z.infer<typeof action>;

/** Keys at the top; everything else is refused. */
export const autoinstallRules = z.strictObject({
  version: z.literal(1),
  'early-commands': commands.optional(),
  'late-commands': commands.optional(),
  'error-commands': commands.optional(),
  locale: z.string(),
  keyboard: z.strictObject({
    layout: z.string(),
    variant: z.string().optional(),
    toggle: z.string().nullable().optional(),
  }),
  'refresh-installer': z.strictObject({ update: z.boolean(), channel: z.string().optional() }).optional(),
  network: z.strictObject({ version: z.literal(2), ethernets: z.record(z.string(), ethernet) }).optional(),
  proxy: uri.nullable().optional(),
  apt: z.strictObject({
    geoip: z.boolean(),
    fallback: z.enum(['abort', 'continue-anyway', 'offline-install']),
    'mirror-selection': z.strictObject({ primary: z.array(z.strictObject({ uri })).min(1) }),
    security: z.array(z.strictObject({ arches: z.array(z.string()), uri })).optional(),
  }),
  storage: z.strictObject({
    swap: z.strictObject({ size: z.int().min(0) }),
    config: z.array(action).min(1),
  }),
  ssh: z.strictObject({
    'install-server': z.boolean(),
    'allow-pw': z.boolean(),
    'authorized-keys': z.array(z.string()).optional(),
  }),
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/)).optional(),
  'debconf-selections': z.string().optional(),
  // The reference asks for identity where this is not given.
  'user-data': z.record(z.string(), z.json()).refine((value) => Object.keys(value).length > 0),
  updates: z.enum(['security', 'all']),
  shutdown: z.enum(['reboot', 'poweroff']),
});

/** What no schema says of a list of storage actions; empty where all is right. */
export function storageProblems(actions: StorageAction[], by: 'bios' | 'uefi'): string[] {
  const problems: string[] = [];
  const known = new Map<string, StorageAction>();
  const full = new Set<string>();
  for (const one of actions) {
    if (known.has(one.id)) problems.push(`${one.id} is there twice`);
    for (const other of references(one))
      if (!known.has(other)) problems.push(`${one.id} needs ${other} before it`);
    known.set(one.id, one);
    if (one.type !== 'partition' && one.type !== 'lvm_partition') continue;
    const container = one.type === 'partition' ? one.device : one.volgroup;
    if (full.has(container)) problems.push(`${one.id} comes after what takes the rest of ${container}`);
    if (one.size === -1) full.add(container);
  }
  const mounts = actions.flatMap((one) => (one.type === 'mount' ? [one.path] : []));
  if (mounts.filter((path) => path === '/').length !== 1) problems.push('not one mount of /');
  if (mounts[0] !== '/' && mounts.find((path) => path !== '') !== '/')
    problems.push('/ is not mounted first');
  for (const { id: disk } of actions.filter(({ type }) => type === 'disk'))
    problems.push(...bootProblems(disk, actions, by));
  return problems;
}

/** curtin wants a partition for GRUB on each disk that a BIOS boots, and an ESP that says so for UEFI. */
function bootProblems(disk: string, actions: StorageAction[], by: 'bios' | 'uefi'): string[] {
  const itself = actions.find(({ id: other }) => other === disk);
  const [first] = actions.filter((one) => one.type === 'partition' && one.device === disk);
  if (itself?.type !== 'disk' || first?.type !== 'partition') return [`${disk} has no partition`];
  if (by === 'bios') {
    return itself.grub_device === true && first.flag === 'bios_grub' ? [] : [`no BIOS boots ${disk}`];
  }
  const fat = actions.some(
    (one) => one.type === 'format' && one.volume === first.id && one.fstype === 'fat32',
  );
  const mounted = actions.some((one) => one.type === 'mount' && one.path === '/boot/efi');
  const good = first.flag === 'boot' && first.grub_device === true && fat && mounted && !itself.grub_device;
  return good ? [] : [`UEFI does not boot ${disk}`];
}

function references(one: StorageAction): string[] {
  switch (one.type) {
    case 'disk':
      return [];
    case 'partition':
    case 'mount':
      return [one.device];
    case 'format':
      return [one.volume];
    case 'lvm_partition':
      return [one.volgroup];
    default:
      return one.devices;
  }
}
