/** Inventories that mean harm, or are merely strange. Each must give findings, or be carried through unharmed. */
export interface Hostile {
  name: string;
  bytes: Buffer;
}

/** What is put into every field that holds text. Nothing of it may do anything wherever it ends up. */
export const PAYLOADS: Record<string, string> = {
  traversal: '../../../etc/passwd',
  absolute: '/etc/shadow',
  newline: 'a\nb: c',
  'carriage-return': 'a\rb',
  quotes: `a'b"c`,
  mustache: '{{ 7*7 }}',
  ejs: '<%= process.env.HOME %>',
  'command-substitution': '$(touch /tmp/pwned)',
  backticks: '`touch /tmp/pwned`',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the payload
  variable: '${HOME}',
  semicolon: 'a; rm -rf /',
  comment: 'a # b',
  nul: 'a\0b',
  escape: '\u001b[31mred\u001b]0;title\u0007',
  'right-to-left': 'a\u202eb',
  'zero-width': 'a\u200bb',
  'line-separator': 'a\u2028b',
  'next-line': 'a\u0085b',
  combining: `z${'\u0300'.repeat(50)}`,
  astral: '𝒜😀',
  surrogate: 'a\ud800b',
  homograph: 'сnt1',
  spaces: '   ',
  empty: '',
  dash: '-rf',
  dots: '..',
  long: 'a'.repeat(100_000),
  proto: '__proto__',
  constructor: 'constructor',
  'jinja-header': '## template: jinja',
  heredoc: "'EOF'\nEOF\nrm -rf /\n",
  percent: '%s%n%x',
  tab: 'a\tb',
  'yaml-in-yaml': '{a: 1}',
  backslash: 'a\\nb\\',
};

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F nobody@example';

type Fields = Record<string, unknown>;

/** A valid inventory with a bit of everything. */
export function plainInventory(): Fields {
  return {
    fleet: 'hostile',
    domain: 'example.net',
    platform: 'debian-12',
    timezone: 'Etc/UTC',
    networks: {
      manage: { cidr: '10.0.0.0/24', gateway: '10.0.0.1' },
      public: { cidr: '10.0.1.0/24', gateway: '10.0.1.1' },
    },
    dns: { servers: ['10.0.0.1'], search: ['example.net'] },
    ntp: { servers: ['ntp.example.net'] },
    apt: { proxy: 'http://proxy.example.net:3142' },
    phone_home: { url: 'http://ready.example.net/' },
    users: { operator: { ssh_keys: [KEY], shell: '/bin/bash' } },
    vips: { api: { manage: '10.0.0.50' } },
    records: { 'www.example.net': '10.0.0.60' },
    groups: { controllers: { roles: ['controller'] } },
    install: {
      recipe: 'lvm',
      firmware: 'any',
      locale: 'en_US.UTF-8',
      keyboard: 'us',
      serial: 'ttyS0,115200n8',
      kernel_parameters: ['mitigations=auto'],
      extra_packages: ['lshw'],
      volumes: [
        { mount: '/', size: '4G' },
        { mount: '/srv', size: '4G', filesystem: 'xfs' },
      ],
    },
    settings: { 'nfs-client': { server: 'nfs.example.net' }, sysctl: { values: { 'vm.swappiness': '1' } } },
    hosts: {
      cnt1: {
        groups: ['controllers'],
        bmc: { address: 'https://bmc.example.net', user: 'admin' },
        disks: [{ path: '/dev/disk/by-id/x' }],
        bonds: { bond0: { members: ['ens3', 'ens4'] } },
        networks: {
          manage: { mac: '52:54:00:00:00:01', address: '10.0.0.11' },
          public: { bond: 'bond0', address: '10.0.1.11' },
        },
      },
    },
  };
}

/** Every place of the inventory that holds text, values and names. */
function fieldsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value === 'string') return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => fieldsOf(item, [...path, index]));
  return Object.entries(value as Fields).flatMap(([key, item]) => fieldsOf(item, [...path, key]));
}

/** JSON is YAML 1.2, so that any text can be carried by it. */
function withValue(path: (string | number)[], text: string): Buffer {
  const inventory = plainInventory();
  let at: Fields = inventory;
  for (const step of path.slice(0, -1)) at = at[step] as Fields;
  at[String(path.at(-1))] = text;
  return Buffer.from(`${JSON.stringify(inventory, null, 1)}\n`);
}

const NAMED: string[][] = [
  ['networks'],
  ['users'],
  ['vips'],
  ['records'],
  ['groups'],
  ['hosts'],
  ['settings'],
  ['settings', 'sysctl', 'values'],
  ['hosts', 'cnt1', 'networks'],
  ['hosts', 'cnt1', 'bonds'],
];

function withName(path: string[], name: string): Buffer {
  const inventory = plainInventory();
  let at: Fields = inventory;
  for (const step of path) at = at[step] as Fields;
  const [first = ''] = Object.keys(at);
  const entries = Object.entries(at).map(
    ([key, item]) => `${JSON.stringify(key === first ? name : key)}: ${JSON.stringify(item)}`,
  );
  const mark = '"the map with the name in it"';
  const parent = path.slice(0, -1).reduce<Fields>((found, step) => found[step] as Fields, inventory);
  parent[path.at(-1) ?? ''] = 'the map with the name in it';
  return Buffer.from(JSON.stringify(inventory, null, 1).replace(mark, () => `{ ${entries.join(', ')} }`));
}

const VALID = JSON.stringify(plainInventory(), null, 1);
const YAML = `fleet: hostile
domain: example.net
platform: debian-12
networks: { manage: { cidr: 10.0.0.0/24, gateway: 10.0.0.1 } }
dns: { servers: [10.0.0.1] }
users: { operator: { ssh_keys: [${KEY}] } }
hosts:
  web: { networks: { manage: { interface: ens3, address: 10.0.0.11 } } }
`;

function bomb(levels: number, width: number): string {
  const names = Array.from({ length: levels }, (_, index) => `x${index}`);
  return names
    .map((name, index) => {
      const items = Array(width).fill(index === 0 ? 'lol' : `*x${index - 1}`);
      return `${name}: &${name} [${items.join(', ')}]\n`;
    })
    .join('');
}

function mergeBomb(levels: number): string {
  const lines = ['m0: &m0 { a: 1 }'];
  for (let level = 1; level < levels; level++) {
    lines.push(
      `m${level}: &m${level} { <<: [${Array(9)
        .fill(`*m${level - 1}`)
        .join(', ')}], k${level}: *m${level - 1} }`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** What is wrong with the file as such rather than with a field of it. */
function files(): Record<string, string | Buffer> {
  const tenMegabytes = 10_000_000;
  return {
    empty: '',
    'only-comments': '# nothing\n',
    'only-newlines': '\n'.repeat(1000),
    'null-document': 'null\n',
    scalar: 'just text\n',
    list: '- a\n- b\n',
    'null-bytes': Buffer.alloc(1000),
    'random-bytes': Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + 13) % 256)),
    'byte-order-mark': `\ufeff${YAML}`,
    'two-byte-order-marks': `\ufeff\ufeff${YAML}`,
    crlf: YAML.replaceAll('\n', '\r\n'),
    'carriage-returns-only': YAML.replaceAll('\n', '\r'),
    'mixed-line-breaks': YAML.replace('\n', '\r\n'),
    'no-newline-at-end': YAML.trimEnd(),
    'latin-1': Buffer.from(`# caf\xe9\n${YAML}`, 'latin1'),
    'utf-16-le': Buffer.from(`\ufeff${YAML}`, 'utf16le'),
    'utf-16-be': Buffer.from(`\ufeff${YAML}`, 'utf16le').swap16(),
    'utf-16-no-mark': Buffer.from(YAML, 'utf16le'),
    'overlong-utf-8': Buffer.concat([Buffer.from(YAML), Buffer.from([0x23, 0xc0, 0xaf])]),
    'surrogate-in-utf-8': Buffer.concat([Buffer.from(YAML), Buffer.from([0x23, 0xed, 0xa0, 0x80])]),
    'cut-utf-8': Buffer.concat([Buffer.from(YAML), Buffer.from([0x23, 0xe2, 0x82])]),
    'tab-indent': YAML.replace('  web', '\tweb'),
    'tab-after-colon': YAML.replace('fleet: ', 'fleet:\t'),
    'alias-bomb': bomb(9, 9),
    'alias-bomb-wide': bomb(3, 1000),
    'alias-bomb-in-settings': `${YAML}${bomb(8, 10).replace(/^/gm, '')}settings: { sysctl: { values: *x7 } }\n`,
    'merge-bomb': mergeBomb(30),
    'alias-to-itself': `${YAML}settings: &s { sysctl: *s }\n`,
    'alias-unknown': `${YAML}settings: *nowhere\n`,
    'anchors-many': `${YAML}x:\n${Array.from({ length: 20_000 }, (_, index) => `  - &a${index} b\n`).join('')}`,
    'alias-as-key': `${YAML.replace('fleet: hostile', 'fleet: &f hostile')}*f : 1\n`,
    'anchors-harmless': YAML.replace('  web: {', '  web: &web {').replace(/$/, ''),
    'duplicate-keys': `${YAML}fleet: other\n`,
    'duplicate-hosts': `${YAML}  web: { networks: {} }\n`,
    'duplicate-quoted': `${YAML}"fleet": other\n'domain': other\n`,
    'merge-key': YAML.replace('{ interface: ens3,', '{ <<: { interface: ens3 },'),
    'proto-key': `${YAML}__proto__: { fleet: other, polluted: true }\n`,
    'proto-key-quoted': `${YAML}"__proto__": { polluted: true }\n`,
    'proto-deep': YAML.replace(
      '{ manage: { interface',
      '{ __proto__: { polluted: true }, manage: { interface',
    ),
    'constructor-key': `${YAML}constructor: { prototype: { polluted: true } }\n`,
    'constructor-host': YAML.replace('  web:', '  constructor:'),
    'constructor-group': YAML.replace('web: {', 'web: { groups: [constructor],'),
    'prototype-names': YAML.replace('web: {', 'web: { groups: [tostring, valueof, hasownproperty],'),
    'to-string-key': `${YAML}toString: 1\nvalueOf: 2\nhasOwnProperty: 3\n`,
    'brackets-100000': `a: ${'['.repeat(100_000)}`,
    'brackets-closed': `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
    'braces-50000': `a: ${'{a: '.repeat(50_000)}`,
    'dashes-100000': `${'- '.repeat(100_000)}\n`,
    'question-marks': `${'? '.repeat(50_000)}\n`,
    'block-nesting': Array.from({ length: 2000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
    'nested-60': `${YAML}settings: { sysctl: { values: ${'{ a: '.repeat(55)}1${' }'.repeat(55)} } }\n`,
    'huge-integer': `${YAML}settings: { memcached: { memory: ${'9'.repeat(400)} } }\n`,
    'huge-exponent': `${YAML}settings: { memcached: { memory: 1e99999 } }\n`,
    'not-a-number': `${YAML}settings: { memcached: { memory: .nan } }\n`,
    infinity: `${YAML}settings: { memcached: { memory: -.inf } }\n`,
    'octal-and-hex': `${YAML}settings: { memcached: { memory: 0x100 } }\n`,
    'negative-zero': `${YAML}settings: { memcached: { memory: -0 } }\n`,
    'old-booleans': YAML.replace('fleet: hostile', 'fleet: yes'),
    'old-octal': YAML.replace('fleet: hostile', 'fleet: 0777'),
    'sexagesimal-mac': YAML.replace('interface: ens3', 'mac: 52:54:00:00:00:01'),
    date: YAML.replace('fleet: hostile', 'fleet: 2024-01-01'),
    timestamp: `${YAML}settings: { sysctl: { values: { a.b: !!timestamp 2024-01-01 } } }\n`,
    'binary-tag': YAML.replace('hostile', '!!binary aG9zdGlsZQ=='),
    'set-tag': `${YAML}settings: !!set { a, b }\n`,
    'omap-tag': `${YAML}settings: !!omap [ a: 1 ]\n`,
    'python-tag': YAML.replace('hostile', '!!python/object/apply:os.system ["touch /tmp/pwned"]'),
    'js-function-tag': YAML.replace('hostile', '!!js/function "function () {}"'),
    'custom-tag': YAML.replace('hostile', '!vault abc'),
    'tag-directive': `%TAG ! tag:evil.example,2000:\n---\n${YAML}`,
    'yaml-1.1': `%YAML 1.1\n---\n${YAML}`,
    'yaml-9.9': `%YAML 9.9\n---\n${YAML}`,
    'unknown-directive': `%EVIL yes\n---\n${YAML}`,
    'two-documents': `${YAML}---\n${YAML}`,
    'document-end': `${YAML}...\n`,
    'after-document-end': `${YAML}...\nmore: 1\n`,
    'keys-not-text': `${YAML}1: a\ntrue: b\n~: c\n[x]: d\n`,
    'key-empty': `${YAML}"": a\n`,
    'key-null': `${YAML}: a\n`,
    'key-collection': `${YAML}? { a: b }\n: c\n`,
    'key-very-long': `${YAML}${'k'.repeat(1000)}: 1\n`,
    'key-too-long': `${YAML}${'k'.repeat(5000)}: 1\n`,
    'key-control': `${YAML}"a\\u0000b": 1\n`,
    'key-bidi': `${YAML}"a\\u202Eb": 1\n`,
    'host-null': YAML.replace('  web:', '  null:'),
    'host-number': YAML.replace('  web:', '  1e3:'),
    'host-yes': YAML.replace('  web:', '  yes:'),
    'host-tilde': YAML.replace('  web:', '  ~:'),
    'host-ip': YAML.replace('  web:', '  10.0.0.1:'),
    'null-everywhere': 'fleet:\ndomain:\nplatform:\nnetworks:\nhosts:\ngroups:\nusers:\nsettings:\n',
    'lists-for-maps': 'fleet: []\ndomain: {}\nnetworks: []\nhosts: []\nusers: [a]\nsettings: [b]\n',
    'block-scalar': YAML.replace('fleet: hostile', 'fleet: |\n  hostile\n  rm -rf /'),
    'folded-scalar': YAML.replace('fleet: hostile', 'fleet: >-\n  hostile\n  more'),
    'multi-line-plain': YAML.replace('fleet: hostile', 'fleet: hostile\n  more'),
    'escaped-newline': YAML.replace('hostile', '"hos\\ntile"'),
    'escaped-nul': YAML.replace('hostile', '"hos\\0tile"'),
    'escaped-surrogate': YAML.replace('hostile', '"\\ud800"'),
    'unclosed-quote': YAML.replace('hostile', '"hostile'),
    'bad-escape': YAML.replace('hostile', '"\\q"'),
    'flow-unclosed': YAML.replace('[10.0.0.1]', '[10.0.0.1'),
    mustache: YAML.replace('hostile', '{{ fleet }}'),
    'mustache-key': YAML.replace('  web:', '  {{ name }}:'),
    ejs: YAML.replace('hostile', '<%- fleet %>'),
    'json-comments': `// no\n${VALID}`,
    'json-valid': VALID,
    'trailing-space': YAML.replaceAll('\n', '   \n'),
    'non-breaking-space': YAML.replace('fleet: ', 'fleet:\u00a0'),
    'vertical-tab': YAML.replace('fleet: ', 'fleet:\u000b'),
    'next-line-break': YAML.replaceAll('\n', '\u0085'),
    'ten-megabytes-comment': `# ${'x'.repeat(tenMegabytes)}\n${YAML}`,
    'ten-megabytes-value': YAML.replace('hostile', 'x'.repeat(tenMegabytes)),
    'ten-megabytes-newlines': '\n'.repeat(tenMegabytes),
    'ten-megabytes-keys': Array.from({ length: 900_000 }, (_, index) => `k${index}: v`).join('\n'),
    'four-megabytes-value': YAML.replace('hostile', 'x'.repeat(4_000_000)),
    'four-megabytes-key': `${YAML}"${'k'.repeat(4_000_000)}": 1\n`,
    'many-unknown-keys': YAML + Array.from({ length: 20_000 }, (_, index) => `key${index}: v\n`).join(''),
    'many-lines': '\n'.repeat(600_000),
    'library-root': `${YAML}library: [/]\n`,
    'library-up': `${YAML}library: [../../../../../../etc]\n`,
    'library-proc': `${YAML}library: [/proc/self]\n`,
    'library-file': `${YAML}library: [/etc/passwd]\n`,
  };
}

/** All of them: each payload in each field, each as a name, and the files. Made anew from tables, so the same every time. */
export function hostileInventories(): Hostile[] {
  const hostile: Hostile[] = [];
  for (const path of fieldsOf(plainInventory())) {
    for (const [payload, text] of Object.entries(PAYLOADS)) {
      hostile.push({ name: `${path.join('.')} = ${payload}`, bytes: withValue(path, text) });
    }
  }
  for (const path of NAMED) {
    for (const [payload, text] of Object.entries(PAYLOADS)) {
      hostile.push({ name: `${path.join('.')}: name ${payload}`, bytes: withName(path, text) });
    }
  }
  for (const [name, text] of Object.entries(files()))
    hostile.push({ name, bytes: Buffer.from(text as string) });
  return hostile;
}
