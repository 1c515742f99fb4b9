import { isIPv4 } from 'node:net';
import type { Plan } from '../plan/types.ts';
import { deriveSecret, makeCertificate, type Secret, type Secrets } from '../secrets/index.ts';
import type { Endpoint } from './servers.ts';

/** Label of its certificate, and the name that it has there. */
const LABEL = 'boot-server';

/** Its certificate by the fleet's authority, for the addresses that it listens on and names that lead there. */
export function certificateFor(
  secrets: Secrets,
  endpoints: Endpoint[],
  names: string[],
): { certificate: string; key: Secret } {
  const addresses = [...new Set(endpoints.map(({ address }) => address).filter(isIPv4))];
  return makeCertificate(secrets, LABEL, { host: LABEL, names: [...new Set([LABEL, ...names])], addresses });
}

/** MAC addresses of the inventory, and whose they are. */
export function macsOf({ hosts }: Plan): Map<string, string> {
  return new Map(
    hosts.flatMap(({ name, devices }) =>
      devices.flatMap(({ mac }) => (mac === undefined ? [] : [[mac, name] as const])),
    ),
  );
}

/** The token that a host shows when it phones home; undefined for one that is unknown or has none. */
export function tokensOf({ hosts }: Plan, secrets: Secrets): (host: string) => Secret | undefined {
  const uses = new Map(
    hosts.flatMap(({ name, secrets: declared }) =>
      declared.filter(({ label }) => label === 'phone-home').map(({ format }) => [name, format] as const),
    ),
  );
  return (host) => {
    const format = uses.get(host);
    return format && deriveSecret(secrets, 'phone-home', { host, format });
  };
}
