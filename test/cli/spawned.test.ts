import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { explainFailure } from '../../src/cli/failure.ts';
import { example, knownSecrets, root, withFolder } from '../fixtures.ts';
import { lay, spawned, spawnStackseed, twoHosts } from './command.ts';

test('the exit status is that of the run', async () => {
  assert.is((await spawnStackseed(['validate', '-i', example('memo')])).status, exitCodes.done);
  assert.is((await spawnStackseed(['validate', '-i', 'nowhere.yaml'])).status, exitCodes.findings);
  assert.is((await spawnStackseed(['validate', '--nonsense'])).status, exitCodes.usage);
});

test('files are named as the user wrote them', async () => {
  const { stderr } = await spawnStackseed(['validate', '-i', 'nowhere.yaml'], { cwd: root });
  assert.match(stderr, /^error: nowhere\.yaml does not exist/);
});

test('a reader that has had enough is no error', () => {
  const words = [process.execPath, ...spawned, 'show', '--json', '-i', example('large')];
  const line = `${words.map((word) => `'${word}'`).join(' ')} | head -c 10; echo " \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.is(stderr.replace(/^warning.*$/ms, ''), '');
  assert.match(stdout, / 0\n$/);
});

test('output that cannot be written is no bug', () => {
  const words = [process.execPath, ...spawned, 'show', '-i', example('memo')];
  const line = `${words.map((word) => `'${word}'`).join(' ')} >/dev/full`;
  const { status, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.is(status, exitCodes.findings);
  assert.match(stderr, /^cannot write the output: /m);
  assert.not.match(stderr, '    at ');
});

test('an interrupt is tidied up after', () =>
  withFolder(async (cwd) => {
    lay(cwd, {
      ...twoHosts,
      'bin/xorriso': `#!/bin/bash\n# Takes its time.\necho >>'${cwd}/bin/started'\nexec sleep 60\n`,
    });
    await knownSecrets(cwd);
    const began = Date.now();
    const { status, stdout, stderr } = await spawnStackseed(['generate'], {
      cwd,
      env: { PATH: `${join(cwd, 'bin')}:${process.env['PATH']}` },
      meanwhile(child) {
        const timer = setInterval(() => {
          if (!existsSync(join(cwd, 'bin/started'))) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 20);
        child.on('exit', () => clearInterval(timer));
      },
    });
    assert.is(status, exitCodes.interrupted);
    assert.is(stdout, '');
    assert.is(stderr, 'interrupted\n');
    assert.ok(Date.now() - began < 30_000);
    const left = readdirSync(join(cwd, 'out'), { recursive: true, encoding: 'utf8' });
    assert.equal(left, ['hosts']);
  }));

test('a bug of ours says so, with its stack only where it is wanted', () => {
  const told = (env: Record<string, string>) => {
    const texts: string[] = [];
    const out = { write: (text: string) => texts.push(text) };
    const context = { stdout: out, stderr: out, env, cwd: '/', quiet: false, json: false, color: false };
    assert.is(explainFailure(new TypeError('x is not a function'), context), exitCodes.bug);
    return texts.join('');
  };
  assert.match(told({}), /^this is a bug in stackseed: x is not a function\n/);
  assert.not.match(told({}), '    at ');
  assert.match(told({ STACKSEED_DEBUG: '1' }), '    at ');
});

test('what the system refuses is no bug', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const { status, stderr } = await spawnStackseed(['generate', '--no-iso', '--out', '/dev/null/out'], {
      cwd,
    });
    assert.is(status, exitCodes.findings);
    assert.match(stderr, /^error/);
  }));

test.run();
