import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeProgram } from '../../src/cli/program.ts';
import { root } from '../fixtures.ts';
import { stackseed } from './command.ts';

const { program } = makeProgram({ stdout: process.stdout, stderr: process.stderr, env: {}, cwd: root });
const visible = program.createHelp().visibleCommands(program);
const leaves = visible.flatMap((command) =>
  command.commands.length > 0
    ? command.commands.map((child) => [command.name(), child.name()])
    : [[command.name()]],
);

test('the commands are those that were promised', () => {
  const names = [
    'init',
    'import',
    'validate',
    'show',
    'plan',
    'generate',
    'verify',
    'bundle',
    'publish',
    'graph',
    'report',
    'status',
    'timeline',
    'client-config',
    'pxe',
    'install-iso',
    'serve',
    'power',
    'secrets',
    'schema',
    'completion',
  ];
  assert.equal(
    visible.map((command) => command.name()),
    names,
  );
});

for (const words of leaves) {
  test(`${words.join(' ')} --help explains itself with an example`, async () => {
    const { status, stdout, stderr } = await stackseed([...words, '--help']);
    assert.is(status, 0);
    assert.is(stderr, '');
    assert.match(stdout, `Usage: stackseed ${words.join(' ')}`);
    assert.match(stdout, /\nExamples?:\n {2}.*stackseed /);
  });

  test(`${words.join(' ')} takes no option that it does not know`, async () => {
    const { status, stdout, stderr } = await stackseed([...words, '--frobnicate']);
    assert.is(status, 2);
    assert.is(stdout, '');
    assert.match(stderr, /^error: unknown option '--frobnicate'\n/);
  });
}

test('--help tells the exit statuses', async () => {
  const { stdout } = await stackseed(['--help']);
  for (const code of [0, 1, 2, 70, 130]) assert.match(stdout, new RegExp(`^ {2}${code} +\\S`, 'm'));
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(await stackseed(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
});

for (const args of [
  [],
  ['secrets'],
  ['frobnicate'],
  ['show', 'a', 'b'],
  ['completion'],
  ['completion', 'tcsh'],
  ['bundle'],
  ['secrets', 'rotate'],
  ['generate', '--out'],
]) {
  test(`"stackseed ${args.join(' ')}" is wrong usage`, async () => {
    const { status, stdout, stderr } = await stackseed(args);
    assert.is(status, 2);
    assert.is(stdout, '');
    assert.not(stderr.includes('    at '), stderr);
    assert.ok(stderr.length > 0);
  });
}

test('a slip of the pen is answered by the nearest command', async () => {
  const { stderr } = await stackseed(['generat']);
  assert.match(stderr, 'Did you mean generate?');
});

test.run();
