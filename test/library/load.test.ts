import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BUILT_IN, loadFolders, loadLibrary } from '../../src/library/load.ts';
import { formatFindings } from '../../src/report/print.ts';

const COMPONENT = 'summary: what it is\n';
const ROLE = 'summary: what it is\nlisted: true\ncount: any\ncomponents: []\n';
const PLATFORM = `summary: a platform
distro: debian
release: "12"
codename: bookworm
openstack: zed
installer: debian-installer
cloud_init: { version: 22.4.2, network_version: 2, default_route: routes }
resolver: file
apt:
  - { name: mirror, uri: "http://deb.example.net/debian", suite: bookworm, components: [main], signed_by: /usr/share/keyrings/x.gpg }
variables: { SSH_UNIT: ssh.service }
`;

type Files = Record<string, string>;

/** A component that is whole, with what is given over it. */
function component(name: string, yaml = COMPONENT, more: Files = {}): Files {
  const folder = `components/${name}`;
  const files = Object.entries(more).map(([path, text]) => [`${folder}/${path}`, text]);
  return {
    [`${folder}/component.yaml`]: yaml,
    [`${folder}/converge.sh`]: '#!/bin/bash\n',
    [`${folder}/health.sh`]: '#!/bin/bash\n',
    ...Object.fromEntries(files),
  };
}

function withFolders<T>(folders: Files[], use: (paths: string[]) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'stackseed-'));
  try {
    const paths = folders.map((files, index) => {
      const folder = join(root, String(index));
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      return folder;
    });
    return use(paths);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** "code path line" of what is found in folders that follow each other. */
function found(...folders: Files[]): string[] {
  return withFolders(folders, (paths) =>
    loadFolders(paths).findings.map(({ code, path, place }) => `${code} ${path} ${place?.line ?? '-'}`),
  );
}

test("stackseed's own library has nothing wrong", () => {
  const { library, findings } = loadLibrary([]);
  assert.is(formatFindings(findings, { color: false }), '');
  assert.ok(library.platforms.has('debian-12'));
  assert.ok(library.roles.has('controller'));
  assert.ok(library.components.has('node'));
  assert.match(BUILT_IN, /cloud-config$/);
});

test('a component as it is in memory', () => {
  const yaml = `summary: s
packages: { default: [a1], debian-12: [b1] }
variables: { A: x }
ports: [{ port: 80, protocol: tcp, network: manage, from: "role:web", comment: c }]
secrets:
  - { label: db-root, scope: fleet, format: hex, summary: s }
  - { label: bmc, scope: host, format: password, of: web, summary: s }
certificates: [{ label: tls, summary: s }]
debconf: { debian-12: [xx x/ask boolean false], default: [xx x/name string, "xx x/say string two words"] }
talks_to: [web]
settings: { size: { type: integer, default: 3, description: d } }
files: { /etc/x: { mode: "0600", owner: web }, /etc/z: { mode: "0640", lay: direct } }
`;
  const files = component('x', yaml, { 'files/etc/x.ejs': 'x', 'files/etc/y': 'y', 'files/etc/z': 'z' });
  withFolders([{ ...files, 'roles/web.yaml': ROLE, 'platforms/debian-12.yaml': PLATFORM }], (paths) => {
    const { library, findings } = loadFolders(paths);
    assert.is(formatFindings(findings, { color: false }), '');
    const read = library.components.get('x');
    assert.is(read?.lay, 'staged');
    assert.equal({ ...read?.packages }, { default: ['a1'], 'debian-12': ['b1'] });
    assert.equal({ ...read?.variables.default }, { A: 'x' });
    assert.is(read?.packages['constructor'], undefined);
    assert.equal(read?.talksTo, ['web']);
    assert.equal(
      read?.files.map(({ path, template, content, rule, lay }) => [
        path,
        template,
        String(content),
        Object.values(rule).join(' '),
        lay,
      ]),
      [
        ['/etc/x', true, 'x', '0600 web root', 'staged'],
        ['/etc/y', false, 'y', '0644 root root', 'staged'],
        ['/etc/z', false, 'z', '0640 root root', 'direct'],
      ],
    );
    assert.equal(
      read?.secrets.map(({ label, of }) => [label, of]),
      [
        ['db-root', undefined],
        ['bmc', 'web'],
      ],
    );
    assert.equal(
      read?.certificates.map(({ label }) => label),
      ['tls'],
    );
    assert.equal(read?.debconf['debian-12'], ['xx x/ask boolean false']);
    assert.equal(read?.debconf.default, ['xx x/name string', 'xx x/say string two words']);
    assert.is(read?.converge, '#!/bin/bash\n');
    const platform = library.platforms.get('debian-12');
    assert.equal(platform?.cloudInit, { version: '22.4.2', networkVersion: 2, defaultRoute: 'routes' });
    assert.is(platform?.apt[0]?.signedBy, '/usr/share/keyrings/x.gpg');
  });
});

test('a role needs roles that there are', () => {
  const needs = (name: string) => ROLE.replace('count: any', `count: any\nneeds: [${name}]`);
  assert.equal(found({ 'roles/one.yaml': needs('two'), 'roles/two.yaml': ROLE }), []);
  assert.equal(found({ 'roles/one.yaml': needs('too'), 'roles/two.yaml': ROLE }), [
    'unknown-role needs[0] 4',
  ]);
});

test('what is wrong with a component', () => {
  const table: [string, string[]][] = [
    ['summary: s\nafter: [nobody]', ['unknown-component after[0] 2']],
    ['summary: s\ntalks_to: [nobody]', ['unknown-role talks_to[0] 2']],
    ['summary: s\ntalks_to: [unlisted]', ['role-not-listed talks_to[0] 2']],
    [
      'summary: s\nports:\n  - { port: 1, protocol: tcp, network: all, from: "role:unlisted" }',
      ['role-not-listed ports[0].from 3'],
    ],
    [
      'summary: s\nports:\n  - { port: 70000, protocol: tcp, network: all, from: any }',
      ['bad-value ports[0].port 3'],
    ],
    [
      'summary: s\nports:\n  - { port: "9-8", protocol: tcp, network: all, from: any }',
      ['bad-value ports[0].port 3'],
    ],
    ['summary: s\npackages: { debian-99: [xx] }', ['unknown-platform packages.debian-99 2']],
    ['summary: s\npackages: ["a b"]', ['bad-value packages[0] 2']],
    ['summary: s\nvariables: { lower: x }', ['bad-name variables.lower 2']],
    ['summary: s\nvariables: { STACKSEED_HOST: x }', ['bad-name variables.STACKSEED_HOST 2']],
    ['summary: s\nfiles: { /etc/none: { mode: "0600" } }', ['unknown-file files."/etc/none" 2']],
    ['summary: s\nfiles: { /etc/../x: { mode: "0600" } }', ['bad-name files."/etc/../x" 2']],
    ['summary: s\nfiles: { /etc/none: { mode: 0600 } }', ['wrong-type files."/etc/none".mode 2']],
    ['summary: s\nsettings: { a: { type: integer, description: d } }', []],
    ['summary: s\nsettings: { a: { type: integer, default: 1 } }', ['missing-key settings.a.description 2']],
    [
      'summary: s\nsettings: { a: { type: integer, default: x, description: d } }',
      ['bad-default settings.a.default 2'],
    ],
    ['summary: s\nsettings: { a: { type: wrong, default: x, description: d } }', ['bad-schema settings.a 2']],
    ['summary: s\nsettings: { A-b: { default: x, description: d } }', ['bad-name settings.A-b 2']],
    ['summary: s\nlay: direct', ['script-unused lay 2', 'script-unused lay 2']],
    [
      'summary: s\nsecrets:\n  - &s { label: a, scope: host, format: hex, summary: s }\n  - *s',
      ['duplicate-secret secrets[1] 4'],
    ],
    ['summary: "a\\nb"', ['bad-value summary 1']],
    [
      'summary: s\nsecrets:\n  - { label: a, scope: host, format: hex, summary: s }\ncertificates:\n  - { label: a, summary: s }',
      ['duplicate-secret certificates[0] 5'],
    ],
    [
      'summary: s\ntalks_to: [shown]\nsecrets:\n  - { label: a, scope: fleet, format: hex, of: shown, summary: s }',
      ['secret-of-fleet secrets[0].of 4'],
    ],
    [
      'summary: s\nsecrets:\n  - { label: a, scope: host, format: hex, of: shown, summary: s }',
      ['role-not-peer secrets[0].of 3'],
    ],
    ['summary: s\ndebconf: [no answer]', ['bad-value debconf[0] 2']],
    ['summary: s\ndebconf: [xx x/ask seen true]', ['bad-value debconf[0] 2']],
    ['summary: s\ndebconf: ["xx  x/ask boolean true"]', ['bad-value debconf[0] 2']],
    ['summary: s\ndebconf: ["xx x/ask string a\\nb"]', ['bad-value debconf[0] 2']],
    ['summary: s\ndebconf: { debian-99: [] }', ['unknown-platform debconf.debian-99 2']],
    ['summry: s', ['missing-key summary 1', 'unknown-key summry 1']],
    ['summary: [', ['syntax  1']],
  ];
  for (const [yaml, expected] of table) {
    const role = ROLE.replace('true', 'false');
    const roles = { 'roles/unlisted.yaml': role, 'roles/shown.yaml': ROLE };
    assert.equal(found({ ...component('x', yaml), ...roles }), expected, yaml);
  }
});

test('files that are laid directly', () => {
  const withFile = (rule: string, more = '', name = 'x') =>
    component(name, `${COMPONENT}${more}files: { /etc/x: ${rule} }\n`, { 'files/etc/x': '' });
  assert.equal(found(withFile('{ lay: direct, mode: "0600" }')), []);
  // Nobody but root is sure to exist so early.
  assert.equal(found(withFile('{ lay: direct, owner: mysql }')), ['direct-owner files."/etc/x".owner 2']);
  assert.equal(found(withFile('{ lay: direct, group: mysql }')), ['direct-owner files."/etc/x".group 2']);
  assert.equal(found(withFile('{ owner: mysql }')), []);
  // What does not converge lays nothing later.
  const { 'components/x/component.yaml': yaml = '', 'components/x/files/etc/x': file = '' } = withFile(
    '{ lay: staged }',
    'lay: direct\n',
  );
  const engine = { 'components/x/component.yaml': yaml, 'components/x/files/etc/x': file };
  assert.equal(found(engine), ['lay-never files."/etc/x".lay 3']);
  // One file, one owner.
  const both = { ...withFile('{ lay: direct }'), ...withFile('{ mode: "0644" }', '', 'y') };
  assert.equal(found(both), ['file-clash files."/etc/x" 2']);
});

test('a secret of two components, of which they say different things', () => {
  const secret = (name: string, rule: string) =>
    component(name, `${COMPONENT}secrets: [{ label: s, scope: fleet, ${rule}, summary: s }]\n`);
  const both = (rule: string) =>
    found({ ...secret('x', 'format: hex, overlaps: true'), ...secret('y', rule) });
  assert.equal(both('format: hex, overlaps: true'), []);
  assert.equal(both('format: hex'), ['secret-clash secrets[0] 2']);
  assert.equal(both('format: base64, overlaps: true'), ['secret-clash secrets[0] 2']);
});

test('scripts that are not there', () => {
  assert.equal(found({ 'components/x/component.yaml': COMPONENT }), [
    'script-missing  1',
    'script-missing  1',
  ]);
  assert.equal(found({ 'components/x/component.yaml': `${COMPONENT}lay: direct\n` }), []);
  assert.equal(found({ 'components/x/converge.sh': '' }), ['file-missing  -']);
});

test('names of files on the node', () => {
  assert.equal(found(component('x', COMPONENT, { 'files/etc/a b': '' })), ['bad-file library -']);
  assert.equal(found(component('x', COMPONENT, { 'files/etc/a\nb': '' })), ['bad-file library -']);
  assert.equal(found(component('x', COMPONENT, { 'files/etc/a': '', 'files/etc/a.ejs': '' })), [
    'duplicate-file library -',
  ]);
  assert.equal(found({ 'components/Bad_Name/component.yaml': COMPONENT }), ['bad-name library -']);
  assert.equal(found({ 'roles/Bad.yaml': ROLE, 'platforms/x.yaml': PLATFORM }), [
    'bad-name library -',
    'bad-name library -',
  ]);
});

test('links are not followed', () => {
  withFolders([component('x', COMPONENT, { 'files/etc/a': '' })], ([folder = '']) => {
    symlinkSync('/etc/passwd', join(folder, 'components/x/files/etc/b'));
    symlinkSync('/etc', join(folder, 'components/x/files/c'));
    const { library, findings } = loadFolders([folder]);
    assert.equal(
      findings.map(({ code }) => code),
      ['bad-file', 'bad-file'],
    );
    assert.equal(
      library.components.get('x')?.files.map(({ path }) => path),
      ['/etc/a'],
    );
  });
});

test('a cycle is named once, with everybody in it', () => {
  const files = {
    ...component('a', `${COMPONENT}after: [b]\n`),
    ...component('b', `${COMPONENT}after: [c]\n`),
    ...component('c', `${COMPONENT}after: [a]\n`),
    ...component('d', `${COMPONENT}after: [a, d]\n`),
  };
  withFolders([files], (paths) => {
    const messages = loadFolders(paths).findings.map(({ code, message }) => `${code}: ${message}`);
    assert.equal(messages, [
      'cycle: each waits for the next: a → b → c → a',
      'cycle: each waits for the next: d → d',
    ]);
  });
});

test('a later folder adds, and replaces only what it says', () => {
  const first = { ...component('x'), 'roles/r.yaml': ROLE };
  assert.equal(found(first, component('y')), []);
  assert.equal(found(first, component('x')), ['replaces  1']);
  assert.equal(found(first, component('x', `${COMPONENT}replaces: true\n`)), []);
  assert.equal(found(first, component('z', `${COMPONENT}replaces: true\n`)), ['replaces replaces 2']);
  assert.equal(found(first, { 'roles/r.yaml': ROLE }), ['replaces  1']);
  assert.equal(found(first, { 'roles/r.yaml': `replaces: true\n${ROLE}` }), []);
  withFolders([first, component('x', 'summary: mine\nreplaces: true\n')], (paths) => {
    assert.is(loadFolders(paths).library.components.get('x')?.summary, 'mine');
  });
});

test('settings that would be one variable on the node', () => {
  const setting = (name: string) => `${COMPONENT}settings: { ${name}: { default: 1, description: d } }\n`;
  assert.equal(
    found({ ...component('nfs', setting('server_port')), ...component('nfs-server', setting('port')) }),
    ['variable-clash settings.port 2'],
  );
  assert.equal(found({ ...component('ssh', setting('unit')), 'platforms/debian-12.yaml': PLATFORM }), [
    'variable-clash settings.unit 2',
  ]);
});

test('folders that are no library', () => {
  assert.equal(found({ 'readme.txt': '' }), ['library-missing library -']);
  assert.equal(
    loadFolders(['/nonexistent']).findings.map(({ code }) => code),
    ['library-missing'],
  );
});

test.run();
