import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lay } from '../cli/command.ts';
import { root, withFolder } from '../fixtures.ts';
import { runSuite, type SuiteResult } from '../suite.ts';

const head = `import { test } from '${import.meta.resolve('uvu')}';\n`;

/** Runs a suite of one file, with what it says kept off this one's output. */
function ran(body: string, limit = 60_000): Promise<SuiteResult> {
  return withFolder(async (folder) => {
    lay(folder, { 'a.test.ts': head + body });
    const log = console.log;
    console.log = () => {};
    try {
      return await runSuite(relative(join(root, 'test'), folder), { limit, live: false });
    } finally {
      console.log = log;
    }
  });
}

const cases: [string, string, [number, number, number]][] = [
  ['passes', "test('a', () => {}); test('b', () => {}); test.run();", [2, 0, 0]],
  ['fails', "test('a', () => {}); test('b', () => { throw new Error('no'); }); test.run();", [1, 1, 0]],
  ['is skipped', "test('a', () => {}); test.skip('b', () => {}); test.run();", [1, 0, 1]],
  ['does not load', "test('a', () => {}); test.run(); throw new Error('no');", [0, 1, 0]],
  ['leaves early', "test('a', () => process.exit(0)); test.run();", [0, 1, 0]],
  [
    'has a hook that fails',
    "test.before(() => { throw new Error('no'); }); test('a', () => {}); test.run();",
    [0, 1, 0],
  ],
  [
    'fails after its end',
    "test('a', () => { setTimeout(() => { throw new Error('no'); }, 50); }); test.run();",
    [1, 1, 0],
  ],
];

for (const [name, body, [passed, failed, skipped]] of cases) {
  test(`a suite that ${name} is counted right`, async () => {
    const result = await ran(body);
    assert.equal([result.passed, result.failed, result.skipped], [passed, failed, skipped]);
  });
}

test('a suite that hangs is given up', async () => {
  const { failed } = await ran(
    "test('a', () => new Promise(() => setInterval(() => {}, 1000))); test.run();",
    3000,
  );
  assert.is(failed, 1);
});

test('the runner ends with the sum, and fails when nothing ran', () => {
  const args = ['--import', 'tsx', 'test/run.ts', '--only', 'no-such-suite'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  assert.is(status, 1);
  assert.is(stdout.trimEnd().split('\n').at(-1), '0 passed, 1 failed');
});

/** Runs .ci/run with a stand-in for make, which prints `lines` and ends with `code`. */
function ci(lines: string[], code: number): Promise<{ status: number | null; last: string }> {
  return withFolder((folder) => {
    const print = lines.map((line) => `echo '${line}'\n`).join('');
    lay(folder, { 'bin/make': `#!/bin/bash\n# Stands in for make.\n${print}exit ${code}\n` });
    const env = { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` };
    const { status, stdout } = spawnSync(join(root, '.ci/run'), [], { env, encoding: 'utf8' });
    return { status, last: stdout.trimEnd().split('\n').at(-1) ?? '' };
  });
}

test('.ci/run ends with the sum and the status that it stands for', async () => {
  assert.equal(await ci(['7 passed, 0 failed', 'bye'], 0), { status: 0, last: '7 passed, 0 failed' });
  const failed = await ci(['7 passed, 2 failed', 'make: *** [test] Error 1'], 2);
  assert.equal([failed.status !== 0, failed.last], [true, '7 passed, 2 failed']);
  assert.equal(await ci(['0 passed, 0 failed'], 0), { status: 1, last: '0 passed, 0 failed' });
  assert.equal(await ci(['error: it does not build'], 2), { status: 1, last: '0 passed, 1 failed' });
});

test.run();
