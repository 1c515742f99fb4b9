import type { Inventory, InventoryHost } from '../inventory/schema.ts';
import type { Layer, Lookup } from './layers.ts';
import type { Device, HostNetwork, InstallPlan } from './types.ts';

type Install = NonNullable<Inventory['install']>;
type Disk = NonNullable<InventoryHost['disks']>[number];

/** What lies on the disks where the inventory says nothing of it. */
const DEFAULT_VOLUMES: NonNullable<Install['volumes']> = [
  { mount: 'swap', size: '1G' },
  { mount: '/', size: '4G', grow: true },
];

/** What the installer does with a host; undefined where neither it nor its groups nor the fleet say `install`. */
export function installOf(
  layers: Layer[],
  look: Lookup,
  host: InventoryHost,
  networks: HostNetwork[],
  devices: Device[],
  bootNetwork: string | undefined,
): InstallPlan | undefined {
  if (layers.every(({ values }) => values['install'] === undefined)) return undefined;
  const value = <K extends keyof Install, T>(key: K, fallback: T) =>
    look.value<NonNullable<Install[K]> | T>(['install', key], fallback, { kind: 'default' });
  const serial = value('serial', 'none');
  const rootHash = value('root_password_hash', undefined);
  const nic = installNic(networks, devices, bootNetwork);
  return {
    recipe: value('recipe', 'atomic'),
    volumes: volumesOf(value('volumes', DEFAULT_VOLUMES)),
    disks: systemDisks(host.disks ?? []),
    spared: (host.disks ?? []).flatMap(({ use, path }) => (use === 'storage' && path ? [path] : [])),
    firmware: value('firmware', 'any'),
    locale: value('locale', 'en_US.UTF-8'),
    keyboard: value('keyboard', 'us'),
    ...(serial !== 'none' && { serial }),
    kernelParameters: value('kernel_parameters', []),
    packages: value('packages', 'first-boot'),
    extraPackages: value('extra_packages', []),
    ...(rootHash && { rootPasswordHash: rootHash }),
    ...(nic && { nic }),
  };
}

/** In decimal megabytes, as partman counts. */
export function megabytes(size: string): number {
  const unit = { M: 1, G: 1000, T: 1_000_000 }[size.slice(-1)] ?? 1;
  return Number(size.slice(0, -1)) * unit;
}

/** The growing one last, since both installers give the last one what is left. Without one it is the root. */
function volumesOf(written: NonNullable<Install['volumes']>): InstallPlan['volumes'] {
  const growing = written.find(({ grow }) => grow) ?? written.find(({ mount }) => mount === '/');
  const volume = (one: (typeof written)[number]): InstallPlan['volumes'][number] => ({
    mount: one.mount,
    megabytes: megabytes(one.size),
    grow: one === growing,
    filesystem: one.mount === 'swap' ? 'swap' : (one.filesystem ?? 'ext4'),
  });
  return [...written.filter((one) => one !== growing), ...(growing ? [growing] : [])].map(volume);
}

/** Of a host that says nothing of its disks it is the only one there is; where there are more, the installer waits. */
function systemDisks(disks: Disk[]): InstallPlan['disks'] {
  const system = disks.filter(({ use }) => use !== 'storage');
  const chosen: Disk[] = system.length > 0 ? system : [{ rule: 'only' }];
  return chosen.map(({ path, rule = 'only', count = 1, min_size, max_size }) => ({
    ...(path ? { path } : { rule }),
    count,
    ...(min_size && { minMegabytes: megabytes(min_size) }),
    ...(max_size && { maxMegabytes: megabytes(max_size) }),
  }));
}

/**
 * The NIC that the installer uses, with its network: the one that machines boot from, else that for manage, else the
 * first that is not tagged. Of a bond it is the first member: installers know no bonds.
 */
export function installNic(
  networks: HostNetwork[],
  devices: Device[],
  bootNetwork: string | undefined,
): InstallPlan['nic'] {
  const fit = networks.flatMap((network) => {
    const device = devices.find((one) => one.network === network.name);
    const [member] = device?.members ?? [];
    const nic = device?.kind === 'bond' ? devices.find(({ name }) => name === member) : device;
    if (nic?.kind !== 'physical' || !(network.dhcp || network.address)) return [];
    return [{ network, nic }];
  });
  const chosen =
    fit.find(({ network }) => network.name === bootNetwork) ??
    fit.find(({ network }) => network.functions.includes('manage')) ??
    fit[0];
  if (!chosen) return undefined;
  const { network, nic } = chosen;
  const { name, address, cidr, prefix, gateway, dhcp } = network;
  return {
    network: name,
    ...(nic.mac ? { mac: nic.mac } : { interface: nic.name }),
    ...(!dhcp && address && cidr && prefix !== undefined && { address, prefix }),
    ...(gateway && { gateway }),
  };
}
