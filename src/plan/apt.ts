import type { AptSource, Platform } from '../library/types.ts';
import type { Lookup } from './layers.ts';
import type { HostPlan } from './types.ts';

/** The apt settings of a host: the platform's sources with the inventory's mirrors put in. */
export function aptOf(platform: Platform, lookup: Lookup): HostPlan['apt'] {
  const unset = { kind: 'default' } as const;
  const mirror = lookup.value<string | undefined>(['apt', 'mirror'], undefined, unset);
  const security = lookup.value<string | undefined>(['apt', 'security_mirror'], undefined, unset);
  const proxy = lookup.value<string | undefined>(['apt', 'proxy'], undefined, unset);
  const uri = (source: AptSource): string => {
    const own = { kind: 'platform', name: platform.name } as const;
    if (source.name === 'mirror') return mirror ?? source.uri;
    if (source.name === 'security') return security ?? source.uri;
    return lookup.value(['apt', 'sources', source.name], source.uri, own);
  };
  return {
    ...(mirror && { mirror }),
    ...(security && { securityMirror: security }),
    ...(proxy && { proxy }),
    sources: platform.apt.map((source) => ({
      name: source.name,
      line: [
        'deb',
        ...(source.signedBy ? [`[signed-by=${source.signedBy}]`] : []),
        uri(source),
        source.suite,
        ...source.components,
      ].join(' '),
      keyringPackages: source.keyringPackages ?? [],
    })),
  };
}
