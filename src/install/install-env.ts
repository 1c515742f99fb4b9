import type { Platform } from '../library/types.ts';
import type { InstallPlan } from '../plan/types.ts';
import { quote } from '../render/node-env.ts';
import { arrays, megabytesNeeded, partmanRecipe } from './recipe.ts';

/** install.env: how values reach early.sh and late.sh. The installer's shell reads it by `.`; all is quoted. */
export function installEnv(
  host: string,
  install: InstallPlan,
  platform: Platform,
  seed: { name: string; md5: string }[],
): string {
  const values: [string, string][] = [
    ['INSTALL_HOST', host],
    ['INSTALL_FIRMWARE', install.firmware],
    ['INSTALL_DISKS', diskLines(install).join('\n')],
    ['INSTALL_SPARED', install.spared.join(' ')],
    ['INSTALL_NEEDS', String(megabytesNeeded(install))],
    ['INSTALL_RECIPE_BIOS', partmanRecipe(install, 'bios')],
    ['INSTALL_RECIPE_UEFI', partmanRecipe(install, 'uefi')],
    [
      'INSTALL_RAID',
      arrays(install)
        .map(({ filesystem, mount }) => `${filesystem}:${mount}`)
        .join(' '),
    ],
    ['INSTALL_LABEL', platform.preseed?.biosLabel ?? 'gpt'],
    ['INSTALL_SEED', seed.map(({ name, md5 }) => `${name}:${md5}`).join(' ')],
  ];
  return values.map(([name, value]) => `${name}=${quote(value)}\n`).join('');
}

/** "KIND COUNT MIN MAX NAME" for each entry, megabytes, 0 for no limit; those by name first, a rule has no name. */
export function diskLines(install: InstallPlan): string[] {
  const named = install.disks.filter(({ path }) => path !== undefined);
  const ruled = install.disks.filter(({ path }) => path === undefined);
  return [...named, ...ruled].map(({ path, rule, count, minMegabytes = 0, maxMegabytes = 0 }) =>
    [path === undefined ? rule : 'path', count, minMegabytes, maxMegabytes, path ?? '-'].join(' '),
  );
}
