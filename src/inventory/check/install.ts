import type { Path } from '../../document/types.ts';
import type { Inventory } from '../schema.ts';
import type { Check, CheckedHost } from './context.ts';
import { eachLayer } from './layers.ts';
import { platformOf } from './platforms.ts';

type Install = NonNullable<Inventory['install']>;

/** Parameters that stackseed, the boot tree or the boot loader set, and what the installer takes for its own questions. */
const RESERVED =
  /^(auto|priority|locale|hostname|domain|interface|BOOTIF|BOOT_IMAGE|url|file|ip|ds|autoinstall|initrd|cloud-config-url|console)(=|$)|^[^=]*\//;

/** Installing needs one root file system, disks that fit the recipe, and a NIC that the installer can use. */
export function checkInstall(check: Check): void {
  eachLayer(check.inventory, ({ install }, layer) => {
    const path = [...layer, 'install'];
    if (install?.volumes) checkVolumes(check, install.volumes, [...path, 'volumes']);
    install?.kernel_parameters?.forEach((parameter, index) => {
      if (!RESERVED.test(parameter)) return;
      const console = parameter.startsWith('console=');
      check.report({
        code: 'kernel-parameter-reserved',
        path: [...path, 'kernel_parameters', index],
        message: `${parameter.split('=')[0]} is set by stackseed`,
        hint: console ? 'write the serial line as install.serial' : 'take it out',
      });
    });
  });
  for (const host of check.hosts) if (!host.absent) checkHost(check, host);
}

function checkVolumes(check: Check, volumes: NonNullable<Install['volumes']>, path: Path): void {
  const first = new Map<string, number>();
  let growing: number | undefined;
  volumes.forEach(({ mount, grow }, index) => {
    const other = first.get(mount);
    if (other !== undefined) {
      const also = [{ message: 'first here', path: [...path, other, 'mount'] }];
      const message = mount === 'swap' ? 'a second swap' : `${mount} is there twice`;
      check.report({ code: 'volume-duplicate', path: [...path, index, 'mount'], message, also });
    } else first.set(mount, index);
    if (grow !== true) return;
    if (mount === 'swap') {
      const message = 'swap does not take what is left of a disk';
      const hint = 'give the rest to a folder';
      check.report({ code: 'volume-grow', path: [...path, index, 'grow'], message, hint });
    } else if (growing !== undefined) {
      const also = [{ message: 'the first', path: [...path, growing, 'grow'] }];
      const message = 'a second volume that takes what is left';
      check.report({ code: 'volume-grow', path: [...path, index, 'grow'], message, also });
    } else growing = index;
  });
  if (!first.has('/')) {
    const hint = 'add { mount: /, size: 4G, grow: true }';
    check.report({ code: 'volume-root', path, message: 'there is no volume for /', hint, whole: [path] });
  }
}

/** The value of a key as the host has it, and where it stands; undefined where nobody says it. */
export function installValue<K extends keyof Install>(
  { inventory }: Check,
  { name, host }: Pick<CheckedHost, 'name' | 'host'>,
  key: K,
): { value: NonNullable<Install[K]>; path: Path } | undefined {
  const groups = (host.groups ?? []).map((group) => ({
    install: inventory.groups?.[group]?.install,
    path: ['groups', group],
  }));
  const layers = [
    { install: host.install, path: ['hosts', name] },
    ...groups.reverse(),
    { install: inventory.install, path: [] },
  ];
  for (const { install, path } of layers) {
    const value = install?.[key];
    if (value !== undefined && value !== null) return { value, path: [...path, 'install', key] };
  }
  return undefined;
}

function isInstalled({ inventory }: Check, { host }: CheckedHost): boolean {
  const groups = (host.groups ?? []).map((group) => inventory.groups?.[group]?.install);
  return [host.install, inventory.install, ...groups].some((install) => install !== undefined);
}

function checkHost(check: Check, host: CheckedHost): void {
  if (!isInstalled(check, host)) return;
  const platform = check.library.platforms.get(platformOf(check, host) ?? '');
  const path = ['hosts', host.name];
  if (platform?.installer === 'debian-installer' && !platform.preseed) {
    const message = `${platform.name} does not say what its installer is told`;
    const hint = 'give the platform a `preseed`';
    check.report({ code: 'install-platform', path, at: 'key', message, hint });
  }
  const carried = installValue(check, host, 'packages');
  const unsigned = platform?.apt.find(({ keyringPackages = [] }) => keyringPackages.length > 0);
  if (carried?.value === 'installer' && unsigned) {
    check.report({
      code: 'install-packages',
      path: carried.path,
      message: `the installer of ${platform?.name} cannot use ${unsigned.name} before the package with its key is there`,
      hint: 'write packages: first-boot',
      about: [['platform'], [...path, 'platform']],
    });
  }
  checkNic(check, host);
  checkMirror(check, host);
  const volumes = installValue(check, host, 'volumes');
  const mirrored = installValue(check, host, 'recipe')?.value === 'raid1';
  const old =
    platform?.preseed?.biosLabel === 'size' && installValue(check, host, 'firmware')?.value !== 'uefi';
  if (volumes && mirrored && old && volumes.value.length > 4) {
    check.report({
      code: 'volume-count',
      path: volumes.path,
      message: `a mirror on ${platform?.name} has four volumes at most where a BIOS boots it`,
      hint: 'write firmware: uefi where that is so, or put some together',
    });
  }
}

/** Installers know neither bonds nor VLANs, and who boots them knows them by MAC address. */
function checkNic(check: Check, { name, host }: CheckedHost): void {
  const usable = Object.entries(host.networks).filter(
    ([network, { address }]) => check.inventory.networks[network]?.vlan === undefined && address !== 'none',
  );
  const path = ['hosts', name, 'networks'];
  if (usable.length === 0) {
    const message = 'the installer has no network: all are tagged, or without an address';
    const hint = 'have the host on an untagged network with an address';
    check.report({ code: 'install-nic', path, at: 'key', message, hint, whole: [path, ['networks']] });
    return;
  }
  const members = Object.values(host.bonds ?? {}).flatMap((bond) => bond.members);
  const macs =
    usable.some(([, { mac }]) => mac !== undefined) || members.some((nic) => /[:-].*[:-]/.test(nic));
  if (macs) return;
  const message = `nobody can tell that it is ${name} that boots: no MAC address is given`;
  const hint = 'name the NIC by mac: where it boots from the network';
  check.report({ severity: 'warning', code: 'install-mac', path, at: 'key', message, hint, whole: [path] });
}

function checkMirror(check: Check, host: CheckedHost): void {
  const recipe = installValue(check, host, 'recipe');
  if (recipe?.value !== 'raid1') return;
  const system = (host.host.disks ?? []).filter(({ use }) => use !== 'storage');
  const count = system.reduce((sum, disk) => sum + (disk.count ?? 1), 0);
  if (count >= 2) return;
  const path = ['hosts', host.name, 'disks'];
  check.report({
    code: 'install-mirror',
    path,
    at: 'key',
    message: `recipe raid1, and ${host.name} has ${count === 0 ? 'no disk' : 'one disk'} for it`,
    hint: 'such as disks: [{ rule: smallest, count: 2 }]',
    also: [{ message: 'the recipe', path: recipe.path }],
    whole: [path],
  });
}
