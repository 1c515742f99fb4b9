import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, withFolder } from '../fixtures.ts';
import { stackseed } from './command.ts';

test('init writes an inventory that is valid', () =>
  withFolder(async (cwd) => {
    const made = await stackseed(['init'], { cwd });
    assert.is(made.status, 0);
    assert.equal(readdirSync(cwd), ['inventory.yaml']);
    const { status, stderr } = await stackseed(['validate'], { cwd });
    assert.is(status, 0, stderr);
  }));

test('init --memo writes the reference fleet', () =>
  withFolder(async (cwd) => {
    assert.is((await stackseed(['init', '--memo', '-i', 'fleets/memo.yaml'], { cwd })).status, 0);
    const written = readFileSync(join(cwd, 'fleets/memo.yaml'), 'utf8');
    assert.is(written, readFileSync(example('memo'), 'utf8'));
  }));

test('init overwrites nothing', () =>
  withFolder(async (cwd) => {
    writeFileSync(join(cwd, 'inventory.yaml'), 'mine');
    for (const args of [['init'], ['init', '--memo']]) {
      const { status, stdout, stderr } = await stackseed(args, { cwd });
      assert.is(status, 1);
      assert.is(stdout, '');
      assert.match(stderr, 'exists already and is not overwritten');
      assert.is(readFileSync(join(cwd, 'inventory.yaml'), 'utf8'), 'mine');
    }
  }));

test('init says what stands in its way', () =>
  withFolder(async (cwd) => {
    writeFileSync(join(cwd, 'file'), '');
    const { status, stderr } = await stackseed(['init', '-i', 'file/inventory.yaml'], { cwd });
    assert.is(status, 1);
    assert.match(stderr, /^error: .*file\/inventory\.yaml: not a folder \(system\)/);
  }));

test.run();
