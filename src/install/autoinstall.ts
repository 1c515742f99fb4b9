import type { InstallerFiles, Library } from '../library/types.ts';
import type { FleetView, HostPlan, InstallPlan } from '../plan/types.ts';
import type { Tree } from '../render/tree.ts';
import { isPlainText, yamlText } from '../render/yaml-text.ts';
import { checkedArguments, kernelOptions } from './cmdline.ts';
import { componentAnswers, mirrorOf } from './preseed.ts';
import { storageActions } from './storage.ts';

const WORK = '/run/stackseed';

/**
 * autoinstall.yaml of a host: the user-data of Ubuntu's live session. The session's cloud-init lays all that is needed,
 * the seed too, so that nothing is fetched later; early.sh then chooses the disks and puts the configuration for
 * this machine's firmware in place, and late.sh lays the seed.
 * Source: Ubuntu's autoinstall reference. Its early commands may replace /autoinstall.yaml, which is read again.
 */
export function autoinstallText(
  host: HostPlan,
  fleet: FleetView,
  install: InstallPlan,
  library: Library,
  files: InstallerFiles,
  seed: Tree,
  env: string,
): string {
  const configs = (['bios', 'uefi'] as const).map((by) => ({
    by,
    config: autoinstallConfig(host, install, library, by),
  }));
  const options = kernelOptions(install);
  const laid: [string, string | Buffer][] = [
    ['install.env', env],
    ['early.sh', files.early],
    ['late.sh', files.late],
    ...configs.map(({ by, config }): [string, string] => [`${by}.yaml`, yamlText(config, '')]),
    ...(options.length > 0 ? [['grub.cfg', grubConfig(options)] as [string, string]] : []),
    ...(install.rootPasswordHash ? [['root', `root:${install.rootPasswordHash}\n`] as [string, string]] : []),
    ...[...seed].map(([name, { content }]): [string, string | Buffer] => [`seed/${name}`, content]),
  ];
  return yamlText(
    {
      write_files: laid.map(([name, content]) => writeFile(`${WORK}/${name}`, content)),
      // What early.sh replaces; the same but for what each firmware boots from.
      autoinstall: configs[1]?.config,
    },
    `#cloud-config\n# ${host.fqdn}, fleet ${fleet.name}: for Ubuntu's installer; written by stackseed, not to be edited.\n`,
  );
}

function writeFile(path: string, content: string | Buffer): Record<string, unknown> {
  const plain = isPlainText(Buffer.from(content));
  const text = Buffer.from(content).toString(plain ? 'utf8' : 'base64');
  return { path, permissions: '0600', ...(plain ? {} : { encoding: 'b64' }), content: text };
}

/** GRUB's own file is shell; these characters mean nothing to it within double quotes. */
function grubConfig(options: string[]): string {
  return `GRUB_CMDLINE_LINUX_DEFAULT="${checkedArguments(options).join(' ')}"\n`;
}

/** The configuration as a value. `identity` is left out, which user-data allows: the seed makes the accounts. */
export function autoinstallConfig(
  host: HostPlan,
  install: InstallPlan,
  library: Library,
  by: 'bios' | 'uefi',
): Record<string, unknown> {
  const platform = library.platforms.get(host.platform);
  if (!platform) throw new Error(`no platform ${host.platform}`);
  const main = mirrorOf(host, platform, 'mirror');
  const security = mirrorOf(host, platform, 'security');
  const url = (mirror: typeof main) => mirror && `${mirror.protocol}://${mirror.host}${mirror.path}`;
  const carried = install.packages === 'installer' ? host.packages : [];
  const packages = [...new Set([...install.extraPackages, ...carried])];
  const answers = componentAnswers(host, install, library);
  return {
    version: 1,
    'early-commands': [['sh', `${WORK}/early.sh`, 'live']],
    'late-commands': [['sh', `${WORK}/late.sh`, 'live']],
    locale: install.locale,
    keyboard: { layout: install.keyboard },
    'refresh-installer': { update: false },
    ...(install.nic && { network: networkOf(host, install.nic) }),
    ...(host.apt.proxy && { proxy: host.apt.proxy }),
    apt: {
      geoip: false,
      // Without a mirror the base system comes from the medium; the host waits for its packages by itself.
      fallback: 'offline-install',
      'mirror-selection': { primary: [{ uri: url(main) }] },
      ...(security && { security: [{ arches: ['default'], uri: url(security) }] }),
    },
    storage: { swap: { size: 0 }, config: storageActions(host.name, install, by) },
    ssh: { 'install-server': true, 'allow-pw': false },
    ...(packages.length > 0 && { packages }),
    ...(answers.length > 0 && { 'debconf-selections': answers.map((line) => `${line}\n`).join('') }),
    'user-data': { disable_root: true },
    updates: 'security',
    shutdown: 'reboot',
  };
}

/** Of the installer; the installed system has the seed's. */
function networkOf(host: HostPlan, nic: NonNullable<InstallPlan['nic']>): Record<string, unknown> {
  const { mac, address, prefix, gateway } = nic;
  const { servers, search } = host.dns;
  const addresses = address
    ? {
        addresses: [`${address}/${prefix}`],
        ...(gateway && { routes: [{ to: 'default', via: gateway }] }),
        ...(servers.length > 0 && { nameservers: { addresses: servers, search } }),
      }
    : { dhcp4: true };
  const match = mac ? { match: { macaddress: mac } } : {};
  return { version: 2, ethernets: { [nic.interface ?? nic.network]: { ...match, ...addresses } } };
}
