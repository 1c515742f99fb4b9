import type { InstallerFiles, Library, Platform } from '../library/types.ts';
import { forPlatform } from '../plan/components.ts';
import type { FleetView, HostPlan, InstallPlan } from '../plan/types.ts';
import { renderTemplate } from '../render/template.ts';
import { answerLine, answerText, checkPreseed } from './answers.ts';
import { kernelOptions } from './cmdline.ts';

/** crypt(3) never gives it, so no password fits; `!` would have user-setup ask for one. */
const LOCKED = '*';

/** The part of a mirror's address that each question asks for. */
export interface Mirror {
  protocol: 'http' | 'https';
  host: string;
  /** "/debian" */
  path: string;
}

/** preseed.cfg of a host. `sums` are the MD5 digests, hex, of the files that it fetches: the installer has no better. */
export function preseedText(
  host: HostPlan,
  fleet: FleetView,
  install: InstallPlan,
  library: Library,
  files: InstallerFiles,
  sums: Record<string, string>,
): string {
  const platform = library.platforms.get(host.platform);
  if (!platform?.preseed) throw new Error(`${host.platform} has no preseed`);
  const main = mirrorOf(host, platform, 'mirror');
  const security = securityOf(host, platform);
  const { services } = platform.preseed;
  const text = renderTemplate(files.preseed, {
    host,
    fleet,
    install,
    text: answerText,
    answer: answerLine,
    mirror: { ...main, suite: platform.codename, components: archiveParts(platform) },
    proxy: host.apt.proxy ?? '',
    services: services.filter((service) => service !== 'security' || security),
    security: security ?? false,
    rootHash: install.rootPasswordHash ?? LOCKED,
    method: { atomic: 'regular', lvm: 'lvm', raid1: 'raid' }[install.recipe],
    packages: packagesOf(host, install, platform),
    answers: [...platform.preseed.answers, ...componentAnswers(host, install, library)],
    kernelOptions: kernelOptions(install),
    sums,
  });
  checkPreseed(text);
  return text;
}

/** The source of a name as the host has it: with the inventory's mirror in place of the platform's own. */
export function mirrorOf(host: HostPlan, platform: Platform, name: string): Mirror | undefined {
  const index = platform.apt.findIndex((source) => source.name === name);
  const uri = / (https?):\/\/([^/ ]+)(\/[^ ]*)? /.exec(host.apt.sources[index]?.line ?? '');
  if (!uri) return undefined;
  const path = (uri[3] ?? '/').replace(/(?<=.)\/+$/, '');
  return { protocol: uri[1] === 'https' ? 'https' : 'http', host: uri[2] ?? '', path };
}

/**
 * Where security updates come from. Debian's installer asks for the host alone and puts the archive's own folder and
 * `http` before and behind it, so that a mirror elsewhere cannot be used before the first boot.
 */
function securityOf(host: HostPlan, platform: Platform): { host: string; path: string } | undefined {
  const mirror = mirrorOf(host, platform, 'security');
  if (mirror?.protocol !== 'http') return undefined;
  if (platform.distro === 'ubuntu') return { host: mirror.host, path: mirror.path };
  const [, before] = /^(.*)\/debian-security$/.exec(mirror.path) ?? [];
  return before === undefined ? undefined : { host: `${mirror.host}${before}`, path: '/debian-security' };
}

/** "contrib" and the like, as apt-setup asks for them. */
function archiveParts(platform: Platform): string[] {
  const parts = platform.apt.find(({ name }) => name === 'mirror')?.components ?? [];
  return parts.filter((part) => part !== 'main');
}

function packagesOf(host: HostPlan, install: InstallPlan, platform: Platform): string[] {
  const kinds = new Set(host.devices.map(({ kind }) => kind));
  const { packages = [], bondPackages = [], vlanPackages = [], uefiPackages = [] } = platform.preseed ?? {};
  return [
    ...new Set([
      ...packages,
      ...(kinds.has('bond') ? bondPackages : []),
      ...(kinds.has('vlan') ? vlanPackages : []),
      ...(install.firmware === 'bios' ? [] : uefiPackages),
      ...install.extraPackages,
      ...(install.packages === 'installer' ? host.packages : []),
    ]),
  ];
}

/** What the packages of components would ask, where the installer already installs them. */
export function componentAnswers(host: HostPlan, install: InstallPlan, library: Library): string[] {
  if (install.packages !== 'installer') return [];
  return host.components.flatMap((name) => {
    const component = library.components.get(name);
    return component ? (forPlatform(component.debconf, host.platform) ?? []) : [];
  });
}
