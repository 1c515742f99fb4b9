import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SEED_FILES } from '../../src/pack/host-folder.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { lay, spawnStackseed, stackseed, twoHosts } from './command.ts';

const parts = [...SEED_FILES].sort();

/** A folder with two hosts and their secrets. */
function withFleet(use: (cwd: string) => Promise<void>): Promise<void> {
  return withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    await use(cwd);
  });
}

/** What is said besides the progress that a slow machine gets to see. */
const besides = (stderr: string) => stderr.replace(/^.*\d+\/\d+ \S+\n/gm, '');

test('generate writes every seed and says so', () =>
  withFleet(async (cwd) => {
    const { status, stdout, stderr } = await stackseed(['generate', '--no-iso'], { cwd });
    assert.is(status, 0, stderr);
    assert.is(besides(stderr), '');
    assert.match(stdout, /^created +keep +generation 1 /m);
    assert.match(stdout, /^2 seeds in .*out: 2 written$/m);
    assert.equal(readdirSync(join(cwd, 'out/hosts')).sort(), ['keep', 'plain']);
    assert.equal(readdirSync(join(cwd, 'out/hosts/keep')).sort(), parts);
    assert.ok(existsSync(join(cwd, 'stackseed.lock')));
  }));

test('a second run finds all right, and a change changes its host alone', () =>
  withFleet(async (cwd) => {
    await stackseed(['generate', '--no-iso'], { cwd });
    const again = await stackseed(['generate', '--no-iso'], { cwd });
    assert.match(again.stdout, /^2 seeds in .*: 2 right already$/m);
    const text = (twoHosts['inventory.yaml'] ?? '').replace('Europe/Berlin', 'Europe/Paris');
    lay(cwd, { 'inventory.yaml': text });
    const changed = await stackseed(['generate', '--no-iso'], { cwd });
    assert.match(changed.stdout, /^changed +keep +generation 2 /m);
    assert.match(changed.stdout, /^2 seeds in .*: 1 written, 1 right already$/m);
  }));

test('--host and --out choose hosts and folder', () =>
  withFleet(async (cwd) => {
    const args = ['generate', '--no-iso', '--host', 'plain', '--out', 'seeds'];
    const { status } = await stackseed(args, { cwd });
    assert.is(status, 0);
    assert.equal(readdirSync(join(cwd, 'seeds/hosts')), ['plain']);
    const unknown = await stackseed([...args.slice(0, 3), 'plan', '--out', 'other'], { cwd });
    assert.is(unknown.status, 1);
    assert.match(unknown.stderr, 'did you mean plain?');
    assert.not(existsSync(join(cwd, 'other')));
  }));

test('a host that left stays until --prune', () =>
  withFleet(async (cwd) => {
    await stackseed(['generate', '--no-iso'], { cwd });
    const text = twoHosts['inventory.yaml'] ?? '';
    lay(cwd, { 'inventory.yaml': text.slice(0, text.indexOf('  plain:')) });
    const kept = await stackseed(['generate', '--no-iso'], { cwd });
    assert.match(kept.stdout, 'not in the inventory any more: plain (--prune removes them)');
    assert.ok(existsSync(join(cwd, 'out/hosts/plain')));
    const pruned = await stackseed(['generate', '--no-iso', '--prune'], { cwd });
    assert.match(pruned.stdout, 'removed plain');
    assert.not(existsSync(join(cwd, 'out/hosts/plain')));
  }));

test('--json is the report', () =>
  withFleet(async (cwd) => {
    const { stdout, stderr } = await stackseed(['generate', '--no-iso', '--json'], { cwd });
    assert.is(besides(stderr), '');
    const { hosts, stale, findings } = JSON.parse(stdout);
    assert.equal(hosts[0], { host: 'keep', outcome: 'created', written: hosts[0].written, generation: 1 });
    assert.equal([...hosts[0].written].sort(), parts);
    assert.equal([stale, findings], [[], []]);
  }));

test('--quiet says nothing when all is well', () =>
  withFleet(async (cwd) => {
    const ran = await stackseed(['generate', '--no-iso', '--quiet'], { cwd });
    assert.equal(ran, { status: 0, stdout: '', stderr: '' });
  }));

test('without secrets there is a finding and no seed', () =>
  withFleet(async (cwd) => {
    rmSync(join(cwd, 'secrets.yaml'));
    const { status, stderr } = await stackseed(['generate', '--no-iso'], { cwd });
    assert.is(status, 1);
    assert.match(stderr, 'stackseed secrets init');
    assert.not(existsSync(join(cwd, 'out/hosts')));
    assert.not(existsSync(join(cwd, 'stackseed.lock')));
  }));

needs(test, 'xorriso')('with ISOs there is one a host', () =>
  withFleet(async (cwd) => {
    const { status, stderr } = await stackseed(['generate'], { cwd });
    assert.is(status, 0, stderr);
    for (const host of ['keep', 'plain']) assert.ok(existsSync(join(cwd, 'out/hosts', host, 'seed.iso')));
  }),
);

test('--iso-builder embedded needs no xorriso, and what it made stays right for the other', () =>
  withFleet(async (cwd) => {
    const args = ['generate', '--iso-builder', 'embedded'];
    const { status, stderr } = await spawnStackseed(args, { cwd, env: { PATH: join(cwd, 'nothing') } });
    assert.is(status, 0, stderr);
    for (const host of ['keep', 'plain']) assert.ok(existsSync(join(cwd, 'out/hosts', host, 'seed.iso')));
    const again = await spawnStackseed(['generate'], { cwd, env: { PATH: join(cwd, 'nothing') } });
    assert.match(again.stdout, '2 right already');
    const other = await stackseed(['generate', '--iso-builder', 'mkisofs'], { cwd });
    assert.is(other.status, 2);
  }));

test('--secrets and --lock name other files', () =>
  withFleet(async (cwd) => {
    lay(cwd, { 'kept/a.yaml': '' });
    const secrets = await knownSecrets(join(cwd, 'kept'));
    rmSync(join(cwd, 'secrets.yaml'));
    const args = ['generate', '--no-iso', '--secrets', secrets, '--lock', 'kept/two.lock'];
    const { status, stderr } = await stackseed(args, { cwd });
    assert.is(status, 0, stderr);
    assert.ok(existsSync(join(cwd, 'kept/two.lock')));
    assert.not(existsSync(join(cwd, 'stackseed.lock')));
  }));

test.run();
