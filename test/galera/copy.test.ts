import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { type Disk, onDisk } from './python.ts';

const script = join(root, 'cloud-config/components/galera/files/usr/local/bin/wsrep_sst_stackseed');

/** MariaDB's own script, as far as it matters here. */
const THEIRS = `#!/bin/bash
set -ue
DATA=$ROOT/data
mkdir -p "$DATA"
sleep 0.01
if [ "\${WHOLE:-}" ]; then
  mkdir -p "$DATA/.sst"
  echo copied
else
  sleep 10
  echo changes
fi
`;

function run(disk: Disk, role: string, env: Record<string, string> = {}, theirs = THEIRS) {
  disk.write('/run/stackseed/galera/refused', '');
  mkdirSync(join(disk.root, 'bin'), { recursive: true });
  writeFileSync(join(disk.root, 'bin/wsrep_sst_mariabackup'), theirs);
  chmodSync(join(disk.root, 'bin/wsrep_sst_mariabackup'), 0o755);
  disk.write('/etc/stackseed/galera.json', JSON.stringify({ unit: 'x', sst: 'mariabackup' }, null, 2));
  const began = Date.now();
  const ran = spawnSync('bash', [script, '--role', role, '--address', '192.168.1.51:4444'], {
    encoding: 'utf8',
    env: { PATH: `${join(disk.root, 'bin')}:${process.env['PATH']}`, ROOT: disk.root, ...env },
  });
  return { ...ran, took: Date.now() - began, refused: disk.read('/run/stackseed/galera/refused') };
}

test('who sends does not sleep for ten seconds', () => {
  onDisk((disk) => {
    const ran = run(disk, 'donor');
    assert.is(ran.stdout, 'changes\n');
    assert.ok(ran.took < 5000);
  });
});

test('a member takes changes, and refuses a full copy before anything is touched', () => {
  onDisk((disk) => {
    assert.is(run(disk, 'joiner').stdout, 'changes\n');
    const ran = run(disk, 'joiner', { WHOLE: 'yes' });
    assert.is.not(ran.status, 0);
    assert.is(ran.stdout, '');
    assert.is(ran.refused, 'full copy\n');
    assert.not.ok(disk.exists('/data/.sst'));
  });
});

test('a host whose record is JOINING takes a full copy', () => {
  onDisk((disk) => {
    disk.write('/run/stackseed/galera/may-copy', '');
    const ran = run(disk, 'joiner', { WHOLE: 'yes' });
    assert.is(ran.stdout, 'copied\n');
    assert.is(ran.refused, '');
  });
});

test('a script of another form is not run where there are data', () => {
  onDisk((disk) => {
    const ran = run(disk, 'joiner', {}, '#!/bin/bash\necho changes\n');
    assert.is(ran.status, 1);
    assert.is(ran.stdout, '');
    assert.is(ran.refused, 'full copy\n');
  });
});

test.run();
