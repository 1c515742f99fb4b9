import { createHmac, hkdfSync } from 'node:crypto';
import type { Secrets } from './schema.ts';

/**
 * A digest of secret values that may be kept in the open: 64 hexadecimal digits. Keyed by the master, since of
 * a weak password that an operator chose a bare digest would tell those who guess.
 */
export function fingerprint(secrets: Secrets, values: string[]): string {
  const master = Buffer.from(secrets.master.reveal(), 'base64');
  const key = Buffer.from(hkdfSync('sha256', master, '', 'stackseed/fingerprint/1', 32));
  return createHmac('sha256', key).update(JSON.stringify(values)).digest('hex');
}
