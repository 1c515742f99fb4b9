import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../needs.ts';

const library = join(dirname(fileURLToPath(import.meta.url)), '../../cloud-config/components');

/** Paths of the shell scripts of a component, by their first line. */
function scripts(component: string): string[] {
  const names = readdirSync(join(library, component), { recursive: true, withFileTypes: true });
  const paths = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
  return paths.filter((path) => /^#!\/bin\/(ba)?sh\n/.test(readFileSync(path, 'utf8')));
}

const ours = ['node', 'packages'].flatMap(scripts);

test('every script is found', () => {
  assert.ok(ours.length >= 13, ours.join('\n'));
});

needs(test, 'shellcheck')('shellcheck has nothing to say, and nothing is switched off', () => {
  const ran = spawnSync('shellcheck', ['--norc', ...ours], { encoding: 'utf8' });
  assert.is(ran.stdout, '');
  assert.is(ran.status, 0);
  for (const path of ours) assert.not.match(readFileSync(path, 'utf8'), /shellcheck disable/);
});

test('bash takes every script', () => {
  for (const path of ours) assert.is(spawnSync('bash', ['-n', path], { encoding: 'utf8' }).stderr, '');
});

needs(
  test,
  'root',
  'systemd-analyze',
)('systemd takes the units', () => {
  const root = mkdtempSync(join(tmpdir(), 'stackseed-units-'));
  try {
    const own = join(root, 'usr/lib/systemd');
    mkdirSync(own, { recursive: true });
    assert.is(spawnSync('cp', ['-a', '/lib/systemd/system', own]).status, 0);
    cpSync(join(library, 'node/files'), root, { recursive: true });
    chmodSync(join(root, 'usr/local/sbin/stackseed-node'), 0o755);
    const components = join(root, 'etc/systemd/system/stackseed.target.d');
    mkdirSync(components);
    writeFileSync(join(components, 'components.conf'), '[Unit]\nWants=stackseed@nfs-server.service\n');
    const units = readdirSync(join(root, 'etc/systemd/system')).filter((name) =>
      /\.(target|timer|service)$/.test(name),
    );
    assert.is(units.length, 7);
    const instances = units.map((name) => name.replace('@.', '@nfs-server.'));
    const options = ['verify', `--root=${root}`, '--man=no', '--recursive-errors=yes'];
    const ran = spawnSync('systemd-analyze', [...options, ...instances], { encoding: 'utf8' });
    assert.is(ran.stderr, '');
    assert.is(ran.status, 0);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
