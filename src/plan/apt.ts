import type { AptSource, Platform } from '../library/types.ts';
import type { Lookup } from './layers.ts';
import type { HostPlan } from './types.ts';

/** Which setting of the inventory replaces the address of a source. */
function settingOf(source: AptSource): string[] {
  if (source.name === 'mirror') return ['apt', 'mirror'];
  return source.name === 'security' ? ['apt', 'security_mirror'] : ['apt', 'sources', source.name];
}

/** The apt settings of a host: the platform's sources with the inventory's mirrors put in. */
export function aptOf(platform: Platform, lookup: Lookup): HostPlan['apt'] {
  const proxy = lookup.value<string | undefined>(['apt', 'proxy'], undefined, { kind: 'default' });
  const uris = new Map<string, string>();
  for (const source of platform.apt) {
    if (uris.has(source.name)) continue;
    const own = { kind: 'platform', name: platform.name } as const;
    uris.set(source.name, lookup.value(settingOf(source), source.uri, own));
  }
  return {
    ...(proxy && { proxy }),
    sources: platform.apt.map((source) => ({
      name: source.name,
      line: [
        'deb',
        ...(source.signedBy ? [`[signed-by=${source.signedBy}]`] : []),
        uris.get(source.name),
        source.suite,
        ...source.components,
      ].join(' '),
      keyringPackages: source.keyringPackages ?? [],
    })),
  };
}
