import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, withFolder } from '../fixtures.ts';
import { lay, stackseed, twoHosts } from './command.ts';

const broken = {
  'inventory.yaml': twoHosts['inventory.yaml']?.replace('address: 10.0.0.12', 'address: 10.0.0.11') ?? '',
};

test('the examples are valid', async () => {
  for (const name of ['memo', 'starter']) {
    const { status, stderr } = await stackseed(['validate', '-i', example(name)]);
    assert.is(status, 0, stderr);
  }
});

test('findings go to standard error, and the status is 1', () =>
  withFolder(async (cwd) => {
    lay(cwd, { ...twoHosts, ...broken });
    const { status, stdout, stderr } = await stackseed(['validate'], { cwd });
    assert.is(status, 1);
    assert.is(stdout, '');
    assert.match(stderr, /^error\[hosts\.plain\.networks\.manage\.address\]: /m);
    assert.match(stderr, new RegExp(`${join(cwd, 'inventory.yaml')}:\\d+:\\d+`));
    assert.not(stderr.includes('\u001b'));
  }));

test('with --json they are a document on standard output', () =>
  withFolder(async (cwd) => {
    lay(cwd, { ...twoHosts, ...broken });
    const { status, stdout, stderr } = await stackseed(['validate', '--json'], { cwd });
    assert.is(status, 1);
    assert.is(stderr, '');
    const { findings } = JSON.parse(stdout);
    assert.is(findings[0].severity, 'error');
    assert.type(findings[0].place.line, 'number');
  }));

test('colour is for those who want it', () =>
  withFolder(async (cwd) => {
    lay(cwd, { ...twoHosts, ...broken });
    const colored = async (args: string[], env: Record<string, string>, tty: boolean) =>
      (await stackseed(['validate', ...args], { cwd, env, tty })).stderr.includes('\u001b[');
    assert.is(await colored([], {}, true), true);
    assert.is(await colored([], {}, false), false);
    assert.is(await colored([], { NO_COLOR: '1' }, true), false);
    assert.is(await colored([], { NO_COLOR: '' }, true), true);
    assert.is(await colored([], { TERM: 'dumb' }, true), false);
    assert.is(await colored(['--color'], { NO_COLOR: '1' }, false), true);
    assert.is(await colored(['--no-color'], {}, true), false);
  }));

test('an inventory that is not there is a finding with the way out', () =>
  withFolder(async (cwd) => {
    const { status, stderr } = await stackseed(['validate'], { cwd });
    assert.is(status, 1);
    assert.match(stderr, 'does not exist');
  }));

test('STACKSEED_INVENTORY names the inventory, -i goes before it', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const env = { STACKSEED_INVENTORY: 'nowhere.yaml' };
    assert.match((await stackseed(['validate'], { cwd, env })).stderr, 'nowhere.yaml does not exist');
    assert.is((await stackseed(['validate', '-i', 'inventory.yaml'], { cwd, env })).status, 0);
  }));

test('--strict makes errors of warnings', () =>
  withFolder(async (cwd) => {
    const two = (twoHosts['inventory.yaml'] ?? '').replaceAll('keeper]', 'controller]');
    lay(cwd, { ...twoHosts, 'inventory.yaml': two });
    const lenient = await stackseed(['validate'], { cwd });
    assert.is(lenient.status, 0);
    assert.match(lenient.stderr, /^warning/m);
    const strict = await stackseed(['validate', '--strict'], { cwd });
    assert.is(strict.status, 1);
    assert.match(strict.stderr, /^error/m);
    assert.not.match(strict.stderr, /^warning/m);
  }));

test('--quiet leaves only findings', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    assert.equal(await stackseed(['validate', '--quiet'], { cwd }), { status: 0, stdout: '', stderr: '' });
  }));

test.run();
