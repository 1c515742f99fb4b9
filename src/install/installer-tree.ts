import { createHash } from 'node:crypto';
import type { InstallerFiles, Library } from '../library/types.ts';
import type { FleetView, HostPlan, InstallPlan } from '../plan/types.ts';
import type { Tree } from '../render/tree.ts';
import { autoinstallText } from './autoinstall.ts';
import { debianArguments, ubuntuArguments } from './cmdline.ts';
import { installEnv } from './install-env.ts';
import { preseedText } from './preseed.ts';
import type { Installer } from './types.ts';

/**
 * What the installer of a host is told, by name of the file in the host's folder; undefined where the inventory
 * says nothing of installing it. Pure. `seed` is the host's own, whose digests go in.
 */
export function installerTree(
  host: HostPlan,
  fleet: FleetView,
  library: Library,
  files: InstallerFiles,
  seed: Tree,
): Tree | undefined {
  const { install } = host;
  const platform = library.platforms.get(host.platform);
  if (!install || !platform) return undefined;
  const sums = [...seed].map(([name, { content }]) => ({ name, md5: md5(content) }));
  const env = installEnv(host.name, install, platform, sums);
  const live = platform.installer === 'autoinstall';
  const texts: Record<string, string> = live
    ? { 'autoinstall.yaml': autoinstallText(host, fleet, install, library, files, seed, env) }
    : debianFiles(host, fleet, install, library, files, env);
  const installer: Installer = {
    host: host.name,
    platform: host.platform,
    kind: platform.installer,
    macs: macsOf(host, install),
    firmware: install.firmware,
    cmdline: live ? ubuntuArguments(host, install) : debianArguments(host, fleet, install),
    ...(install.serial && { serial: install.serial }),
    files: live
      ? { 'meta-data': 'meta-data', 'user-data': 'autoinstall.yaml' }
      : Object.fromEntries([...Object.keys(texts), ...seed.keys()].sort().map((name) => [name, name])),
  };
  texts['installer.json'] = `${JSON.stringify(installer, undefined, 2)}\n`;
  const entries = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(entries.map(([name, content]) => [name, { content, mode: '0600' }]));
}

/** The preseed, and what it fetches from beside it and knows the digests of. */
function debianFiles(
  host: HostPlan,
  fleet: FleetView,
  install: InstallPlan,
  library: Library,
  files: InstallerFiles,
  env: string,
): Record<string, string> {
  const fetched = { 'install.env': env, 'early.sh': files.early, 'late.sh': files.late };
  const digests = Object.fromEntries(Object.entries(fetched).map(([name, text]) => [name, md5(text)]));
  return { ...fetched, 'preseed.cfg': preseedText(host, fleet, install, library, files, digests) };
}

function macsOf(host: HostPlan, { nic }: InstallPlan): string[] {
  const all = host.devices.flatMap(({ mac }) => mac ?? []);
  return [...new Set([...(nic?.mac ? [nic.mac] : []), ...all])];
}

/** What debian-installer can check: preseed_fetch knows no other digest. */
function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
