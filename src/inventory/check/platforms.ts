import { nearest } from '../../document/nearest.ts';
import type { Path } from '../../document/types.ts';
import type { Check, CheckedHost } from './context.ts';
import { eachLayer } from './layers.ts';

export function checkPlatforms(check: Check): void {
  const { inventory, library, options } = check;
  const known = [...library.platforms.keys()];
  const hint = (name: string): string => {
    const near = nearest(name, known);
    return near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
  };
  if (options.platform !== undefined && !known.includes(options.platform)) {
    const message = `there is no platform ${JSON.stringify(options.platform)}, as the command line says`;
    check.report({ code: 'unknown-platform', path: [], message, hint: hint(options.platform) });
  }
  eachLayer(inventory, ({ platform }, path) => {
    if (platform === undefined || known.includes(platform)) return;
    const message = `there is no platform ${platform}`;
    check.report({ code: 'unknown-platform', path: [...path, 'platform'], message, hint: hint(platform) });
  });
  if (options.platform === undefined) checkMissing(check);
  checkSources(check);
}

export function platformOf({ inventory, options }: Check, { host }: CheckedHost): string | undefined {
  const groups = (host.groups ?? []).map((name) => inventory.groups?.[name]?.platform);
  return (
    options.platform ??
    host.platform ??
    groups.reverse().find((name) => name !== undefined) ??
    inventory.platform
  );
}

function checkMissing(check: Check): void {
  const without = check.hosts.filter((host) => !host.absent && platformOf(check, host) === undefined);
  const [first] = without;
  if (first === undefined) return;
  const all = without.length === check.hosts.filter((host) => !host.absent).length;
  const path = all ? ['platform'] : ['hosts', first.name, 'platform'];
  const others = without.length === 1 ? '' : ` and ${without.length - 1} more`;
  const message = all ? 'no host has a platform' : `no platform for ${first.name}${others}`;
  const about: Path[] = without.flatMap(({ name, host }) => [
    ['platform'],
    ['hosts', name, 'platform'],
    ...(host.groups ?? []).map((group) => ['groups', group, 'platform']),
  ]);
  const hint = 'such as platform: debian-12, for the fleet, a group or a host';
  check.report({ code: 'platform-missing', path, at: 'key', message, hint, about });
}

/** Mirrors are given for sources that a platform of the fleet has. */
function checkSources(check: Check): void {
  const { library } = check;
  const used = new Set(check.hosts.map((host) => platformOf(check, host)));
  const platforms = [...library.platforms.values()].filter(({ name }) => used.has(name));
  const known = [...new Set(platforms.flatMap(({ apt }) => apt.map(({ name }) => name)))];
  eachLayer(check.inventory, ({ apt }, path) => {
    for (const name of Object.keys(apt?.sources ?? {})) {
      if (known.includes(name) || platforms.length === 0) continue;
      const near = nearest(name, known);
      const message = `no platform of the fleet has an apt source ${name}`;
      const hint = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
      check.report({
        code: 'unknown-source',
        path: [...path, 'apt', 'sources', name],
        at: 'key',
        message,
        hint,
      });
    }
  });
}
