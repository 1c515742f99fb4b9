import { toAddress } from '../inventory/ipv4.ts';
import type { FleetView, HostPlan, InstallPlan } from '../plan/types.ts';

/** What an argument may be made of, so that no boot loader and no shell reads anything into it. */
const ARGUMENT = /^[A-Za-z0-9_][A-Za-z0-9_.,:/=@+%-]*$/;

/**
 * Refuses an argument that a boot loader might read: the last gate before four syntaxes.
 * @throws Error; the inventory's checks should have kept it out
 */
export function checkedArguments(all: string[]): string[] {
  const wrong = all.find((one) => !ARGUMENT.test(one));
  if (wrong !== undefined) throw new Error(`not a kernel argument: ${JSON.stringify(wrong)}`);
  return all;
}

/** Of the installed system, and of the installer: the serial line comes last, since the last console is /dev/console. */
export function kernelOptions(install: InstallPlan): string[] {
  const consoles = install.serial ? ['console=tty0', `console=${install.serial}`] : [];
  return [...install.kernelParameters, ...consoles];
}

/**
 * debian-installer's arguments. Names and addresses are here because its network comes before its preseed.
 * BOOTIF names the NIC in PXELINUX's spelling, which netcfg of all releases knows.
 * Sources: debian-installer's manual, appendix B; netcfg's static.c and netcfg-common.c; preseed_aliases.
 */
export function debianArguments(host: HostPlan, fleet: FleetView, install: InstallPlan): string[] {
  const { nic } = install;
  return checkedArguments([
    'auto=true',
    'priority=critical',
    `locale=${install.locale}`,
    `keyboard-configuration/xkb-keymap=${install.keyboard}`,
    `hostname=${host.name}`,
    `domain=${fleet.domain}`,
    ...(nic?.mac
      ? ['interface=auto', `BOOTIF=${bootif(nic.mac)}`]
      : [`interface=${nic?.interface ?? 'auto'}`]),
    // A switch port that listens for loops first takes half a minute.
    'netcfg/link_wait_timeout=60',
    ...(nic?.address && nic.prefix !== undefined
      ? [
          'netcfg/disable_autoconfig=true',
          `netcfg/get_ipaddress=${nic.address}`,
          `netcfg/get_netmask=${netmask(nic.prefix)}`,
          `netcfg/get_gateway=${nic.gateway ?? 'none'}`,
          `netcfg/get_nameservers=${host.dns.servers[0] ?? ''}`,
          'netcfg/confirm_static=true',
        ]
      : ['netcfg/dhcp_timeout=120']),
    ...kernelOptions(install),
  ]);
}

/**
 * Arguments for the live session of Ubuntu's installer. Without `autoinstall` it would ask before it writes; without the
 * empty cloud-config-url it would load its image twice. `ip` is as the kernel documents it.
 * Sources: Ubuntu's autoinstall and netboot documentation; the kernel's nfsroot.txt.
 */
export function ubuntuArguments(host: HostPlan, install: InstallPlan): string[] {
  const { nic } = install;
  const dns = host.dns.servers.slice(0, 2).map((server) => `:${server}`);
  const mask = nic?.prefix === undefined ? '' : netmask(nic.prefix);
  const fixed = `${nic?.address}::${nic?.gateway ?? ''}:${mask}:${host.name}:${nic?.interface ?? ''}:off${dns.join('')}`;
  return checkedArguments([
    'autoinstall',
    'cloud-config-url=/dev/null',
    `ip=${nic?.address ? fixed : 'dhcp'}`,
    ...(nic?.mac ? [`BOOTIF=${bootif(nic.mac)}`] : []),
    ...kernelOptions(install),
  ]);
}

function netmask(prefix: number): string {
  return toAddress(2 ** 32 - 2 ** (32 - prefix));
}

/** "01-52-54-00-12-34-56": the type of Ethernet, then the address. */
export function bootif(mac: string): string {
  return `01-${mac.replaceAll(':', '-')}`;
}
