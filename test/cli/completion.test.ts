import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { lay, spawned, stackseed, twoHosts } from './command.ts';

async function script(shell: string): Promise<string> {
  const { status, stdout, stderr } = await stackseed(['completion', shell]);
  assert.is(status, 0, stderr);
  return stdout;
}

/** A stackseed on PATH, so that completion can ask it for hosts. */
const program = `#!/bin/bash
exec '${process.execPath}' ${spawned.map((word) => `'${word}'`).join(' ')} "$@"
`;

/** What bash offers for the last of the words. */
async function offered(cwd: string, ...words: string[]): Promise<string[]> {
  const text = await script('bash');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const asked = `${text}
COMP_WORDS=(stackseed ${quoted}); COMP_CWORD=${words.length}; _stackseed
printf '%s\\n' "\${COMPREPLY[@]}"
`;
  const env = { PATH: `${cwd}/bin:${process.env['PATH']}`, HOME: cwd };
  const { stdout, stderr, status } = spawnSync('bash', ['-c', asked], { cwd, env, encoding: 'utf8' });
  assert.is(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

function withShell(use: (cwd: string) => Promise<void>): Promise<void> {
  return withFolder(async (cwd) => {
    lay(cwd, { ...twoHosts, 'bin/stackseed': program });
    await use(cwd);
  });
}

test('bash offers commands, subcommands, options and choices', () =>
  withShell(async (cwd) => {
    assert.equal(await offered(cwd, 's'), ['show', 'status', 'serve', 'secrets', 'schema']);
    assert.equal(await offered(cwd, '--quiet', 'val'), ['validate']);
    assert.equal(await offered(cwd, 'secrets', ''), ['init', 'show', 'rotate']);
    assert.equal(await offered(cwd, 'secrets', 'show', '--rev'), ['--reveal']);
    assert.equal(await offered(cwd, 'generate', '--no-'), ['--no-iso', '--no-color']);
    assert.equal(await offered(cwd, 'completion', ''), ['bash', 'zsh', 'fish']);
    assert.equal(await offered(cwd, 'validate', ''), []);
  }));

test('bash offers files and folders where they are wanted', () =>
  withShell(async (cwd) => {
    lay(cwd, { 'in out/a.yaml': '', 'in file': '' });
    assert.equal((await offered(cwd, 'show', '-i', 'in')).sort(), ['in file', 'in out', 'inventory.yaml']);
    assert.equal(await offered(cwd, 'generate', '--out', 'in'), ['in out']);
  }));

test('bash offers the hosts of the inventory', () =>
  withShell(async (cwd) => {
    assert.equal(await offered(cwd, 'show', ''), ['keep', 'plain']);
    assert.equal(await offered(cwd, 'generate', '--host', 'p'), ['plain']);
    assert.equal(await offered(cwd, 'show', '-i', example('memo'), 'cnt'), ['cnt1', 'cnt2', 'cnt3']);
    assert.equal(await offered(cwd, 'show', '-i', 'nowhere.yaml', ''), []);
  }));

test('no name in an inventory is run by the shell', () =>
  withShell(async (cwd) => {
    lay(cwd, { 'inventory.yaml': 'hosts:\n  "$(touch hit)": {}\n  "`touch hit`": {}\n  fine: {}\n' });
    assert.equal(await offered(cwd, 'show', ''), ['fine']);
    assert.not.ok(spawnSync('ls', ['hit'], { cwd }).status === 0);
  }));

for (const broken of ['hosts: 7\n', 'hosts: [a]\n', '- a\n', 'hosts:\n\t- x\n', '']) {
  test(`hosts of ${JSON.stringify(broken)} are none, without a word`, () =>
    withFolder(async (cwd) => {
      lay(cwd, { 'inventory.yaml': broken });
      const { status, stderr } = await stackseed(['__hosts'], { cwd });
      assert.equal([status, stderr], [0, '']);
    }));
}

needs(test, 'shellcheck')('shellcheck has nothing to say about the bash script', async () => {
  const input = await script('bash');
  const { status, stdout } = spawnSync('shellcheck', ['-s', 'bash', '-'], { input, encoding: 'utf8' });
  assert.is(status, 0, stdout);
});

for (const shell of ['zsh', 'fish']) {
  needs(test, shell)(`${shell} can read its script`, () =>
    withFolder(async (cwd) => {
      const file = join(cwd, `stackseed.${shell}`);
      writeFileSync(file, await script(shell));
      const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
      assert.equal([status, stderr], [0, '']);
    }),
  );
}

needs(test, 'fish')('fish offers what bash does', () =>
  withShell(async (cwd) => {
    writeFileSync(join(cwd, 'stackseed.fish'), await script('fish'));
    const offers = (line: string) => {
      const code = `source stackseed.fish; complete -C '${line}'`;
      const env = { PATH: `${cwd}/bin:${process.env['PATH']}`, HOME: cwd };
      const { stdout, stderr } = spawnSync('fish', ['-N', '-c', code], { cwd, env, encoding: 'utf8' });
      assert.is(stderr, '');
      return stdout
        .split('\n')
        .map((one) => one.split('\t')[0] ?? '')
        .filter((one) => one !== '')
        .sort();
    };
    assert.equal(offers('stackseed s'), ['schema', 'secrets', 'serve', 'show', 'status']);
    assert.equal(offers('stackseed show '), ['keep', 'plain']);
    assert.equal(offers('stackseed secrets '), ['init', 'rotate', 'show']);
    assert.equal(offers('stackseed completion '), ['bash', 'fish', 'zsh']);
    assert.equal(offers('stackseed secrets show --rev'), ['--reveal']);
    assert.equal(offers('stackseed generate --host p'), ['plain']);
  }),
);

test.run();
