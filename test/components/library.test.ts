import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFolders } from '../../src/library/load.ts';
import { orderedComponents } from '../../src/plan/components.ts';
import { root } from '../fixtures.ts';
import { needs } from '../needs.ts';

const folders = [join(root, 'cloud-config'), join(root, 'examples/large/site')];
const { library, findings } = loadFolders(folders);
const services = ['dns', 'memcached', 'nfs-client', 'nfs-server', 'node-exporter'];

/** Every file below the folders whose first line is a shell's. */
function scripts(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path, 'utf8').startsWith('#!/bin/bash\n')),
  );
}

test('the library has no findings', () => {
  assert.equal(findings, []);
  assert.equal([...library.platforms.keys()].sort(), [
    'debian-12',
    'debian-13',
    'ubuntu-16.04',
    'ubuntu-24.04',
  ]);
});

test('every staged component converges and tells its health by plain scripts', () => {
  for (const component of library.components.values()) {
    if (component.lay === 'direct') continue;
    for (const script of [component.converge, component.health]) {
      assert.match(script ?? '', /^#!\/bin\/bash\n# [A-Z]/, component.name);
      assert.match(script ?? '', /\nset -eu( -o pipefail)?\n\nROOT=\$\{ROOT:-\}\n/, component.name);
      assert.match(script ?? '', /\n"\$\{MAIN:-main\}" "\$@"\n$/, component.name);
    }
  }
});

needs(test, 'shellcheck')('shellcheck has nothing to say of any script, and none switches it off', () => {
  const all = scripts();
  assert.ok(all.length > 30, `only ${all.length} scripts were found`);
  const ran = spawnSync('shellcheck', ['--norc', '--external-sources', '--source-path=SCRIPTDIR', ...all], {
    encoding: 'utf8',
  });
  assert.is(`${ran.stdout}${ran.stderr}`, '');
  for (const path of all) assert.not.match(readFileSync(path, 'utf8'), /shellcheck disable/, path);
});

test('bash of 16.04 has what the scripts use', () => {
  // Since 4.4: ${x@Q} and its like, local -, mapfile -d, wait -p; since 5.0: EPOCHSECONDS.
  for (const path of scripts())
    assert.not.match(
      readFileSync(path, 'utf8'),
      /\$\{[a-z_]+@[A-Z]\}|\blocal -$|mapfile -d|EPOCH(REAL)?(TIME|SECONDS)/m,
      path,
    );
});

test('services come after their packages, the firewall and the addresses', () => {
  for (const name of services) {
    const after = library.components.get(name)?.after ?? [];
    for (const wanted of ['firewall', 'identity', 'packages'])
      assert.ok(after.includes(wanted), `${name} after ${wanted}`);
  }
  const order = orderedComponents(library, [...library.roles.keys()]).map((one) => one.name);
  assert.is(order.length, library.components.size);
  for (const [one, other] of [
    ['identity', 'apt'],
    ['apt', 'packages'],
    ['packages', 'firewall'],
    ['firewall', 'dns'],
    ['sysctl', 'routing'],
  ])
    assert.ok(order.indexOf(one ?? '') < order.indexOf(other ?? ''), `${one} before ${other}`);
});

test('every component is in a role, so that a host can have it', () => {
  const used = new Set([...library.roles.values()].flatMap((role) => role.components));
  for (const name of library.components.keys()) assert.ok(used.has(name), name);
});

test('roles are listed where others name them, and compute nodes are not', () => {
  const listed = [...library.roles.values()].filter((role) => role.listed).map((role) => role.name);
  assert.equal(listed.sort(), [
    'controller',
    'inner-router',
    'network',
    'pull-controller',
    'router',
    'storage',
  ]);
  assert.is(library.roles.get('controller')?.count, 'odd');
});

test('a setting has a description and a default that fits, as the loader checked', () => {
  const names = [...library.components.values()].flatMap((one) => Object.keys(one.settings));
  assert.ok(names.length > 10);
});

test('platforms agree on their variables, and their sources are of their own release', () => {
  const platforms = [...library.platforms.values()];
  const variables = Object.keys(platforms[0]?.variables ?? {}).sort();
  for (const platform of platforms) {
    assert.equal(Object.keys(platform.variables).sort(), variables, platform.name);
    assert.is(platform.name, `${platform.distro}-${platform.release}`);
    for (const source of platform.apt) {
      assert.match(source.suite, new RegExp(`^${platform.codename}(-|$)`), `${platform.name} ${source.name}`);
      if (source.signedBy)
        assert.is(source.signedBy, `/usr/share/keyrings/${platform.distro}-archive-keyring.gpg`);
    }
    const suites = platform.apt.map((source) => `${source.uri} ${source.suite}`);
    assert.is(new Set(suites).size, suites.length, `${platform.name} names a source twice`);
    assert.ok(platform.apt.some((source) => source.name === 'mirror'));
    assert.ok(platform.apt.some((source) => source.name === 'security'));
  }
  const pike = library.platforms.get('ubuntu-16.04');
  assert.equal(pike?.apt.at(-1)?.keyringPackages, ['ubuntu-cloud-keyring']);
  assert.is(pike?.cloudInit.networkVersion, 1);
});

const variable = (component: string, setting: string) =>
  `${component}_${setting}`.toUpperCase().replaceAll('-', '_');

test('every variable that a script reads is one that it is given', () => {
  const platform = new Set([...library.platforms.values()].flatMap((one) => Object.keys(one.variables)));
  for (const component of library.components.values()) {
    // What it comes after has its variables and settings in node.env as well, where the host has it.
    const before = component.after.map((name) => library.components.get(name));
    const given = new Set([
      ...platform,
      ...[component, ...before].flatMap((one) =>
        Object.values(one?.variables ?? {}).flatMap((of) => Object.keys(of ?? {})),
      ),
      ...[component, ...before].flatMap((one) =>
        Object.keys(one?.settings ?? {}).map((name) => variable(one?.name ?? '', name)),
      ),
    ]);
    // And the texts that it may read, like lib.sh.
    const read = before.flatMap((one) => one?.files.map(({ content }) => content.toString()) ?? []);
    for (const script of [component.converge, component.health]) {
      for (const [, name = ''] of (script ?? '').matchAll(/\$\{?([A-Z]+_[A-Z_]+)/g)) {
        if (/^(STACKSEED|COMPONENT)_/.test(name)) continue;
        if ([script ?? '', ...read].some((text) => text.includes(`\n${name}=`))) continue;
        assert.ok(given.has(name), `${component.name} reads ${name}`);
      }
    }
  }
});

test.run();
