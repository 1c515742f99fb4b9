import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { z } from 'zod';
import { example, withFolder } from '../fixtures.ts';
import { lay, stackseed, twoHosts } from './command.ts';

async function schemaOf(cwd: string, ...args: string[]): Promise<z.core.JSONSchema.BaseSchema> {
  const { status, stdout, stderr } = await stackseed(['schema', ...args], { cwd });
  assert.is(status, 0, stderr);
  return JSON.parse(stdout);
}

test('the schema takes the memo, and no unknown key', () =>
  withFolder(async (cwd) => {
    const judge = z.fromJSONSchema(await schemaOf(cwd));
    const memo = parse(readFileSync(example('memo'), 'utf8'));
    assert.is(judge.safeParse(memo).success, true);
    assert.is(judge.safeParse({ ...memo, fleeet: 'memo' }).success, false);
  }));

test('--component-settings knows the settings of all components', () =>
  withFolder(async (cwd) => {
    const plain = JSON.stringify(await schemaOf(cwd, '--component-settings'));
    assert.match(plain, 'max_connections');
    assert.not.match(plain, 'Colour of the door.');
    lay(cwd, twoHosts);
    const own = JSON.stringify(await schemaOf(cwd, '--component-settings'));
    assert.match(own, 'Colour of the door.');
    assert.match(own, '"keeper"');
  }));

test('an inventory that was named must be there', () =>
  withFolder(async (cwd) => {
    const { status, stdout } = await stackseed(['schema', '--component-settings', '-i', 'no.yaml'], { cwd });
    assert.is(status, 1);
    assert.is(stdout, '');
  }));

test.run();
