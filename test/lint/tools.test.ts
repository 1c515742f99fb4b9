import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { files, isShell, read } from './sources.ts';

/** A linter has nothing to say. */
function silent(program: string, ...args: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  assert.is(status, 0, `${stdout}${stderr}`);
}

test('the types fit', () => {
  silent('node_modules/.bin/tsc', '--noEmit', '-p', '.');
});

test('Biome has nothing to say', () => {
  silent('node_modules/.bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=50');
});

const shell = files().filter(isShell);

test('shell is where it is expected', () => {
  assert.ok(shell.includes('.ci/run'));
  assert.ok(shell.some((path) => path.startsWith('cloud-config/')));
});

needs(test, 'shellcheck')('shellcheck has nothing to say', () => {
  silent('shellcheck', '-x', '-P', 'SCRIPTDIR', ...shell);
});

test('nothing is hidden from shellcheck', () => {
  assert.equal(
    shell.filter((path) => /shellcheck\s+disable/.test(read(path))),
    [],
  );
  assert.equal(
    files().filter((path) => /(^|\/)\.?shellcheckrc$/.test(path)),
    [],
  );
});

test('no shell is made from a template', () => {
  assert.equal(
    files().filter((path) => path.endsWith('.sh.ejs')),
    [],
  );
});

test('no test is switched off or preferred in its file', () => {
  const wrong = files('test')
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => /^\s*\w+\.(skip|only)\(/m.test(read(path)));
  assert.equal(wrong, []);
});

test('the Makefile explains its targets', () => {
  const makefile = read('Makefile');
  const phony = [...makefile.matchAll(/^\.PHONY: (.*)$/gm)].flatMap((match) => match[1]?.split(' ') ?? []);
  const { stdout } = spawnSync('make', ['help'], { cwd: root, encoding: 'utf8' });
  assert.ok(phony.length > 5);
  for (const target of phony) assert.match(stdout, new RegExp(`^${target} `, 'm'));
});

test.run();
