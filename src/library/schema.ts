import { z } from 'zod';

/** The files of a library as they are written: platforms/NAME.yaml, roles/NAME.yaml, components/NAME/component.yaml. */

/** Of a component or a role: becomes a systemd instance name, a folder and, upper case, part of a variable's name. */
export const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const PLATFORM_NAME = /^[a-z][a-z0-9]*-[0-9]+(\.[0-9]+)*$/;
const notName = { error: 'not a name: a letter first, then lower-case letters, digits and single hyphens' };

const name = z
  .string()
  .max(40)
  .regex(NAME, notName)
  .meta({ examples: ['nfs-server'] });
const platformName = z
  .string()
  .regex(PLATFORM_NAME, { error: 'not a platform: distribution, hyphen, release' })
  .meta({ examples: ['debian-12'] });
const platformKey = platformName.or(z.literal('default'));

/** Free text for people, on one line. */
const summary = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, { error: 'must be one line without control characters' });

const variableName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, { error: 'not a variable: upper-case letters, digits and _' })
  .refine((text) => !text.startsWith('STACKSEED_'), { error: 'names that begin with STACKSEED_ are taken' })
  .meta({ examples: ['CHRONY_UNIT'] });
const variables = z.record(variableName, summary.or(z.literal('')));

const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, { error: 'not a package name' })
  .meta({ examples: ['nfs-kernel-server'] });

const uri = z
  .string()
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~%+@:,=/-]*)?$/, {
    error: 'not an http URL',
  })
  .meta({ examples: ['http://deb.debian.org/debian'] });
const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/+-]*$/, { error: 'letters, digits and . _ / + - only' });
const nodePath = z
  .string()
  .regex(/^(\/[A-Za-z0-9._@+=:-]+)+$/, { error: 'not an absolute path' })
  .refine((text) => !/\/\.\.?(\/|$)/.test(text), { error: 'a path without . and ..' })
  .meta({ examples: ['/etc/chrony/chrony.conf'] });

const debconfLine = z
  .string()
  .max(1000)
  .regex(
    /^[a-z0-9][a-z0-9+.-]+ [A-Za-z0-9+./_-]+ (string|boolean|select|multiselect|password|note)( [\x21-\x7e][\x20-\x7e]*)?$/,
    { error: 'not an answer for debconf: package, question, type and value, with one space between each' },
  )
  .meta({ examples: ['wireshark-common wireshark-common/install-setuid boolean false'] });

export const platformFile = z.strictObject({
  summary,
  replaces: z.boolean().optional(),
  distro: z.enum(['debian', 'ubuntu']),
  release: z.string().regex(/^[0-9]+(\.[0-9]+)*$/, { error: 'not a release' }),
  codename: z.string().regex(/^[a-z]+$/, { error: 'not a code name' }),
  openstack: z.string().regex(/^[a-z0-9.]+$/, { error: 'not an OpenStack release' }),
  installer: z.enum(['debian-installer', 'autoinstall']),
  netboot: z
    .strictObject({
      folder: nodePath.optional(),
      package: packageName.optional(),
      mirror: z.strictObject({ archive: word, sums: word }).optional(),
    })
    .optional(),
  cloud_init: z.strictObject({
    version: z.string().regex(/^[0-9]+(\.[0-9]+)*$/, { error: 'not a version' }),
    network_version: z.union([z.literal(1), z.literal(2)]),
    default_route: z.enum(['gateway4', 'routes']),
  }),
  live_seeds: z.boolean().optional(),
  resolver: z.enum(['file', 'resolved']),
  apt: z.array(
    z.strictObject({
      name,
      uri,
      suite: word,
      components: z.array(word).min(1),
      signed_by: nodePath.optional(),
      keyring_packages: z.array(packageName).optional(),
    }),
  ),
  preseed: z
    .strictObject({
      bios_label: z.enum(['gpt', 'size']),
      services: z.array(z.enum(['security', 'updates'])),
      packages: z.array(packageName),
      bond_packages: z.array(packageName),
      vlan_packages: z.array(packageName),
      uefi_packages: z.array(packageName),
      answers: z.array(debconfLine),
    })
    .optional(),
  variables,
});

export const roleFile = z.strictObject({
  summary,
  replaces: z.boolean().optional(),
  listed: z.boolean(),
  count: z.enum(['one', 'odd', 'any']),
  needs: z.array(name).optional(),
  components: z.array(name),
});

const portNumber = z.int().min(1).max(65535);
const port = z.strictObject({
  port: portNumber.or(
    z
      .string()
      .regex(/^[0-9]{1,5}-[0-9]{1,5}$/, { error: 'not a port or a range of ports' })
      .refine(isRange, { error: 'a range of ports goes from the lower to the higher, at most 65535' })
      .meta({ examples: ['49152-49215'] }),
  ),
  protocol: z.enum(['tcp', 'udp']),
  network: z.enum(['manage', 'public', 'storage', 'tunnel', 'external', 'all']),
  from: z
    .string()
    .regex(/^(network|fleet|any|role:[a-z][a-z0-9-]*)$/, {
      error: 'must be network, fleet, any or role:NAME',
    })
    .meta({ examples: ['role:controller'] }),
  comment: summary.optional(),
});

function isRange(text: string): boolean {
  const [from = 0, to = 0] = text.split('-').map(Number);
  return from >= 1 && from < to && to <= 65535;
}

const secretLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, { error: 'not a label: such as keystone-database' });

const secret = z.strictObject({
  label: secretLabel,
  scope: z.enum(['fleet', 'host']),
  format: z.enum(['hex', 'base64', 'base64url', 'password']),
  of: name.optional(),
  overlaps: z.boolean().optional(),
  alternates: z.boolean().optional(),
  summary,
});

const certificate = z.strictObject({ label: secretLabel, summary });

/** The types are those that debconf-set-selections(1) takes, less those that hold no answer. */
const fileRule = z.strictObject({
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, { error: 'not a mode: four octal digits, the first 0' })
    .optional()
    .meta({ examples: ['"0640"'] }),
  owner: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,30}$/, { error: 'not a user name' })
    .optional(),
  group: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,30}$/, { error: 'not a group name' })
    .optional(),
  lay: z.enum(['staged', 'direct']).optional(),
});

/**
 * JSON Schema of a setting. Its default is what a fleet has that says nothing; null means "not set". Without one the
 * fleet has to say something.
 */
const setting = z
  .looseObject({ description: summary, default: z.json().optional() })
  .meta({ examples: [{ description: 'what it sets', type: 'integer', default: 64 }] });

export const componentFile = z.strictObject({
  summary,
  replaces: z.boolean().optional(),
  lay: z.enum(['staged', 'direct']).optional(),
  after: z.array(name).optional(),
  resumes: z.boolean().optional(),
  packages: z.union([z.array(packageName), z.record(platformKey, z.array(packageName))]).optional(),
  variables: z.union([variables, z.record(platformKey, variables)]).optional(),
  ports: z.array(port).optional(),
  debconf: z.union([z.array(debconfLine), z.record(platformKey, z.array(debconfLine))]).optional(),
  secrets: z.array(secret).optional(),
  certificates: z.array(certificate).optional(),
  talks_to: z.array(name).optional(),
  settings: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]*$/, { error: 'not a setting: lower-case letters, digits and _' }),
      setting,
    )
    .optional(),
  files: z.record(nodePath, fileRule).optional(),
});

export type PlatformFile = z.infer<typeof platformFile>;
export type RoleFile = z.infer<typeof roleFile>;
export type ComponentFileYaml = z.infer<typeof componentFile>;
export type FileRuleYaml = z.infer<typeof fileRule>;
