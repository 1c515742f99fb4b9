import { z } from 'zod';
import { Secret } from './secret.ts';

/** No slash and no @: labels are put together with host names by these. */
const LABEL = '[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?';

const label = z.string().regex(new RegExp(`^${LABEL}$`), { error: 'not the label of a secret' });

const overrideKey = z
  .string()
  .regex(new RegExp(`^${LABEL}(?:@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$`), {
    error: 'neither the label of a secret nor label@host',
  })
  .meta({ examples: ['rabbitmq-password', 'node-key@cnt1'] });

const master = z
  .string()
  .refine((text) => /^[A-Za-z0-9+/]{43}=$/.test(text), { error: 'not 32 bytes in base64' });

const pem = (what: string, kind: string) =>
  z.string().regex(new RegExp(`^-----BEGIN ${kind}-----\n[A-Za-z0-9+/=\n]+\n-----END ${kind}-----\n*$`), {
    error: `not ${what} in PEM`,
  });

const authority = {
  certificate: pem('a certificate', 'CERTIFICATE'),
  key: pem('a private key', 'PRIVATE KEY'),
};

/** secrets.yaml as it is written. */
export const secretsSchema = z.strictObject({
  version: z.literal(1),
  fleet: z.string().optional(),
  master,
  rotations: z.record(label, z.int().min(0).max(1_000_000)).default({}),
  overrides: z
    .record(
      overrideKey,
      z.string().regex(/^[\x21-\x7e]{1,1024}$/, { error: 'not printable ASCII in one line' }),
    )
    .default({}),
  /** Who an encrypted file is for: needed to write it again, and not told by an age file itself. */
  recipients: z.array(z.string()).optional(),
  ca: z.strictObject({
    ...authority,
    /** Will sign after the next rotation; is trusted already. */
    next: z.strictObject(authority).optional(),
    /** Signed until the last rotation; is still trusted. */
    before: pem('a certificate', 'CERTIFICATE').optional(),
  }),
});

/** Every key that may stand in the file, apart from labels. */
export const KEYS: readonly string[] = [
  ...Object.keys(secretsSchema.shape),
  ...Object.keys(secretsSchema.shape.ca.shape),
];

/** The secrets of a fleet, or what they are derived from. */
export interface Secrets {
  /** Where they were read from, for messages. */
  file: string;
  /** Name of the fleet that they were made for. */
  fleet?: string;
  /** 32 bytes in base64. */
  master: Secret;
  /** How often a label was rotated. */
  rotations: ReadonlyMap<string, number>;
  /** Values of the operator's own, by `label` or `label@host`. */
  overrides: ReadonlyMap<string, Secret>;
  recipients: readonly string[];
  /** The fleet's certificate authority, both in PEM, and all that are trusted: it, and another one while it is replaced. */
  ca: { key: Secret; certificate: string; trusted: string };
}

/** Present first. */
function trusted({ certificate, next, before }: z.infer<typeof secretsSchema>['ca']): string {
  return [certificate, next?.certificate, before]
    .flatMap((one) => (one === undefined ? [] : `${one.trimEnd()}\n`))
    .join('');
}

export function toSecrets(file: string, written: z.infer<typeof secretsSchema>): Secrets {
  const overrides = Object.entries(written.overrides).map(([key, text]) => [key, new Secret(text)] as const);
  return {
    file,
    ...(written.fleet !== undefined && { fleet: written.fleet }),
    master: new Secret(written.master),
    rotations: new Map(Object.entries(written.rotations)),
    overrides: new Map(overrides),
    recipients: written.recipients ?? [],
    ca: {
      key: new Secret(written.ca.key),
      certificate: written.ca.certificate,
      trusted: trusted(written.ca),
    },
  };
}
