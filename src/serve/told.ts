import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secrets/index.ts';

/** What a host says when it phones home. */
export interface Told {
  host: string;
  /** By its own token; without one only its MAC address can speak for it. */
  proven: boolean;
  /** All components are healthy; of cloud-init it is not known. */
  ready: boolean;
}

/** @param tokenOf the token that a host has in its seed; undefined for a host that has none */
export function readTold(
  headers: { 'content-type'?: string | undefined; authorization?: string | undefined },
  body: Buffer,
  tokenOf: (host: string) => Secret | undefined,
): Told | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return fromNode(headers.authorization, body, tokenOf);
  if (type === 'application/x-www-form-urlencoded') return fromCloudInit(body);
  return undefined;
}

/** As stackseed-node posts it: its state in JSON, and its token. */
function fromNode(
  authorization: string | undefined,
  body: Buffer,
  tokenOf: (host: string) => Secret | undefined,
): Told | undefined {
  let found: unknown;
  try {
    found = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null) return undefined;
  const { host, ready }: Record<string, unknown> = { ...found };
  if (typeof host !== 'string') return undefined;
  const token = tokenOf(host);
  const [, shown] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization ?? '') ?? [];
  if (!token || shown === undefined || !same(shown, token.reveal())) return undefined;
  return { host, proven: true, ready: ready === true };
}

/** As cloud-init's module phone_home posts it: a form with `hostname` and others, and nothing that proves it. */
function fromCloudInit(body: Buffer): Told | undefined {
  const name = new URLSearchParams(body.toString('utf8')).get('hostname');
  return name === null ? undefined : { host: name.split('.')[0] ?? '', proven: false, ready: false };
}

function same(a: string, b: string): boolean {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
