import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lay } from '../cli/command.ts';
import { root, withFolder } from '../fixtures.ts';

/** A machine with some packages; its programs write down how they are called. */
interface Pretend {
  installed: string[];
  user: 'root' | 'sudoer' | 'nobody';
  apt: boolean;
}

interface Ran {
  status: number | null;
  stderr: string;
  calls: string[];
}

function install(machine: Pretend, ...args: string[]): Promise<Ran> {
  return withFolder((folder) => {
    const log = join(folder, 'calls');
    const note = (name: string) => `#!/bin/bash\n# Stands in for ${name}.\necho "${name} $*" >>'${log}'\n`;
    const known = `case " ${machine.installed.join(' ')} " in *" \${!#} "*) echo -n installed ;; *) exit 1 ;; esac\n`;
    lay(folder, {
      'bin/id': `#!/bin/bash\n# Stands in for id.\necho ${machine.user === 'root' ? 0 : 1000}\n`,
      'list.txt': '# What tests need.\n\nxorriso # images\n  nftables\n',
      ...(machine.user === 'sudoer' && { 'bin/sudo': `${note('sudo')}exec "$@"\n` }),
      ...(machine.apt && {
        'bin/apt-get': note('apt-get'),
        'bin/dpkg-query': `#!/bin/bash\n# Stands in for dpkg-query.\n${known}`,
      }),
    });
    for (const name of ['bash', 'env', 'sed']) symlinkSync(`/bin/${name}`, join(folder, 'bin', name));
    const { status, stderr } = spawnSync('/bin/bash', [join(root, 'scripts/install-packages.sh'), ...args], {
      cwd: folder,
      env: { PATH: join(folder, 'bin') },
      encoding: 'utf8',
    });
    const calls = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
    return { status, stderr, calls };
  });
}

const INSTALL = 'apt-get -q install -y --no-install-recommends';

test('what is there is left alone, and nothing is updated', async () => {
  const { status, calls } = await install({ installed: ['a', 'b'], user: 'root', apt: true }, 'a', 'b');
  assert.equal([status, calls], [0, []]);
});

test('only what is missing is installed', async () => {
  const { status, calls } = await install({ installed: ['a'], user: 'root', apt: true }, 'a', 'b', 'c');
  assert.equal([status, calls], [0, ['apt-get -q update', `${INSTALL} b c`]]);
});

test('a list may have comments and blanks', async () => {
  const { calls } = await install({ installed: [], user: 'root', apt: true }, '-f', 'list.txt');
  assert.is(calls.at(-1), `${INSTALL} xorriso nftables`);
});

test('who is not root uses sudo', async () => {
  const { status, calls } = await install({ installed: [], user: 'sudoer', apt: true }, 'a');
  assert.is(status, 0);
  assert.equal(calls.slice(-2), [`sudo env DEBIAN_FRONTEND=noninteractive ${INSTALL} a`, `${INSTALL} a`]);
});

test('without root and sudo it says what is missing', async () => {
  const { status, stderr, calls } = await install({ installed: ['a'], user: 'nobody', apt: true }, 'a', 'b');
  assert.equal([status, calls], [1, []]);
  assert.match(stderr, /missing.*needs root or sudo: b\n/);
});

test('without apt-get it says what to install by hand', async () => {
  const { status, stderr } = await install({ installed: [], user: 'root', apt: false }, 'xorriso');
  assert.is(status, 1);
  assert.match(stderr, /no apt-get here.*xorriso/);
});

test('without arguments it tells how it is used', async () => {
  assert.is((await install({ installed: [], user: 'root', apt: true })).status, 2);
});

test.run();
