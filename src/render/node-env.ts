import type { Platform } from '../library/types.ts';
import type { FleetView, HostPlan } from '../plan/types.ts';

/**
 * /etc/stackseed/node.env: how values reach shell. Bash reads it by `.`; every value is quoted here
 * and nowhere else.
 */
export function nodeEnv(host: HostPlan, platform: Platform, fleet: FleetView, converging: string[]): string {
  const own: [string, Value][] = [
    ['STACKSEED_FLEET', fleet.name],
    ['STACKSEED_HOST', host.name],
    ['STACKSEED_FQDN', host.fqdn],
    ['STACKSEED_DOMAIN', fleet.domain],
    ['STACKSEED_PLATFORM', host.platform],
    ['STACKSEED_ROLES', host.roles],
    ['STACKSEED_COMPONENTS', converging],
    ['STACKSEED_MACS', host.devices.flatMap((device) => device.mac ?? [])],
    [
      'STACKSEED_ADDRESSES',
      host.networks.flatMap((net) => (net.address ? `${net.address}/${net.prefix}` : [])),
    ],
    ['STACKSEED_PHONE_HOME_URL', host.phoneHome?.url ?? ''],
    ['STACKSEED_DNS_SERVERS', host.dns.servers],
    ['STACKSEED_DNS_SEARCH', host.dns.search],
    ['STACKSEED_NTP_SERVERS', host.ntp.servers],
    ['STACKSEED_TIMEZONE', host.timezone],
    ['STACKSEED_RESOLVER', platform.resolver],
  ];
  const functions = ['manage', 'public', 'storage', 'tunnel'].flatMap((wanted): [string, Value][] => {
    const network = host.networks.find(({ functions }) => functions.includes(wanted));
    const name = `STACKSEED_${variable(wanted)}`;
    if (!network) return [];
    return [
      [`${name}_ADDRESS`, network.address ?? ''],
      [`${name}_INTERFACE`, network.interface],
      [`${name}_CIDR`, network.cidr ?? ''],
    ];
  });
  const ofComponents = host.components.flatMap((component): [string, Value][] => [
    ...Object.entries(host.settings[component] ?? {})
      .filter((entry): entry is [string, Value] => isValue(entry[1]))
      .map(([key, value]): [string, Value] => [`${variable(component)}_${variable(key)}`, value]),
    ...Object.entries(host.variables[component] ?? {}),
  ]);
  const lines = new Map([...own, ...functions, ...ofComponents]);
  return [...lines].map(([name, value]) => `${name}=${quote(text(value))}\n`).join('');
}

type Value = string | number | boolean | null | Value[];

/** Scalars and lists of scalars; what is deeper reaches a component through its files. */
function isValue(value: unknown): value is Value {
  if (Array.isArray(value)) return value.every((item) => !Array.isArray(item) && isValue(item));
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function text(value: Value): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.map(text).join(' ') : String(value);
}

function variable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Single quotes take everything but a single quote, and a NUL, which no shell variable can hold. */
export function quote(value: string): string {
  return `'${value.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;
}
