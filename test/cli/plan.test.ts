import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, knownSecrets, withFolder } from '../fixtures.ts';
import { lay, stackseed, twoHosts } from './command.ts';

const INVENTORY = twoHosts['inventory.yaml'] ?? '';
const EMBEDDED = ['--iso-builder', 'embedded', '--quiet'];

/** Two hosts that were generated. */
function withGenerated(use: (cwd: string) => Promise<void>): Promise<void> {
  return withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const { status, stderr } = await stackseed(['generate', ...EMBEDDED], { cwd });
    assert.is(status, 0, stderr);
    await use(cwd);
  });
}

test('plan shows first seeds and writes nothing', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    await knownSecrets(cwd);
    const before = readdirSync(cwd);
    const { status, stdout, stderr } = await stackseed(['plan'], { cwd });
    assert.equal([status, stderr], [2, '']);
    assert.is(
      stdout,
      'keep gets its first seed: boot it with the seed\n\nplain gets its first seed: boot it with the seed\n\n2 to create\n',
    );
    assert.equal(readdirSync(cwd), before);
  }));

test('plan ends with 0 where all is right, and with 2 and the reason where something changes', () =>
  withGenerated(async (cwd) => {
    assert.equal(await stackseed(['plan'], { cwd }), { status: 0, stdout: '2 right already\n', stderr: '' });
    lay(cwd, {
      'inventory.yaml': INVENTORY.replace(
        '    timezone: Europe/Berlin\n',
        '    timezone: Europe/Paris\n    settings: { keeper: { color: red } }\n',
      ),
    });
    const before = readFileSync(join(cwd, 'out/hosts/keep/user-data'));
    const { status, stdout } = await stackseed(['plan'], { cwd });
    assert.is(status, 2);
    assert.is(
      stdout.replaceAll(`${cwd}/`, ''),
      `keep gets another seed: restart it with the new seed, or have it take that as it runs (stackseed-node apply)
  because of settings.keeper
    inventory.yaml:14  settings: { keeper: { color: red } }
  because of time
    inventory.yaml:13  timezone: Europe/Paris
    changed /etc/stackseed/node.env
      @@ -12,5 +12,5 @@
       STACKSEED_DNS_SEARCH='two.example'
       STACKSEED_NTP_SERVERS=''
      -STACKSEED_TIMEZONE='Europe/Berlin'
      +STACKSEED_TIMEZONE='Europe/Paris'
       STACKSEED_RESOLVER='file'
       STACKSEED_MANAGE_ADDRESS='10.0.0.11'
      @@ -27,3 +27,3 @@
       SSH_UNIT='ssh.service'
       APT_RETRIES='3'
      -KEEPER_COLOR='blue'
      +KEEPER_COLOR='red'
    changed /etc/keeper.conf
      @@ -1,3 +1,3 @@
       key=***
       token=***
      -***
      +color=red

1 to change, 1 right already
1 other host in any order.
`,
    );
    assert.ok(readFileSync(join(cwd, 'out/hosts/keep/user-data')).equals(before));
    const brief = await stackseed(['plan', '--no-diff', '--host', 'plain'], { cwd });
    assert.equal([brief.status, brief.stdout], [0, '1 right already\n']);
  }));

test('plan --json has the same', () =>
  withGenerated(async (cwd) => {
    lay(cwd, { 'inventory.yaml': INVENTORY.replace('Europe/Berlin', 'Europe/Paris') });
    const { status, stdout } = await stackseed(['plan', '--json'], { cwd });
    assert.is(status, 2);
    const { hosts, kept, findings } = JSON.parse(stdout);
    assert.equal([hosts.length, kept, findings], [1, 1, []]);
    const [{ host, change, act, why, files }] = hosts;
    assert.equal([host, change, act], ['keep', 'change', 'apply']);
    assert.ok(
      why[0].places.some(({ line, source }: { line: number; source: string }) => {
        return line === 13 && source === 'timezone: Europe/Paris';
      }),
    );
    assert.ok(
      files.some(
        ({ path }: { path: string }) => path.includes('timezone') || path === '/etc/stackseed/node.env',
      ),
    );
  }));

test('plan tells what is missing, what was edited and who left', () =>
  withGenerated(async (cwd) => {
    rmSync(join(cwd, 'out/hosts/plain/seed.iso'));
    const missing = await stackseed(['plan'], { cwd });
    assert.equal(
      [missing.status, missing.stdout.split('\n').slice(0, 2)],
      [2, ['plain has the same seed, and out/ lacks it', '  in out/: seed.iso']],
    );
    await stackseed(['generate', ...EMBEDDED], { cwd });
    writeFileSync(join(cwd, 'out/hosts/keep/user-data'), 'mine\n');
    lay(cwd, { 'inventory.yaml': INVENTORY.slice(0, INVENTORY.indexOf('  plain:')) });
    const { status, stdout } = await stackseed(['plan'], { cwd });
    assert.is(status, 2);
    assert.match(stdout, /^keep was edited in out\/ and is left .*\n {2}in out\/: user-data$/m);
    assert.match(stdout, /^plain is not in the inventory any more/m);
    const verified = await stackseed(['verify'], { cwd });
    assert.is(verified.status, 1);
    assert.match(verified.stderr, 'error[hosts.keep]: user-data in');
    const json = JSON.parse((await stackseed(['verify', '--json'], { cwd })).stdout);
    assert.equal([json.hosts, json.files, json.findings.length], [2, 11, 1]);
    const kept = await stackseed(['generate', ...EMBEDDED], { cwd });
    assert.is(kept.status, 1);
    assert.match(kept.stderr, '--overwrite');
    assert.is((await stackseed(['generate', '--overwrite', '--prune', ...EMBEDDED], { cwd })).status, 0);
    const right = await stackseed(['verify'], { cwd });
    assert.equal([right.status, right.stdout], [0, `1 seed in ${join(cwd, 'out')}: 6 files as generated\n`]);
  }));

test('a changed controller says in what order, and what becomes of the cluster', () =>
  withFolder(async (cwd) => {
    const memo = readFileSync(example('memo'), 'utf8');
    lay(cwd, { 'inventory.yaml': memo });
    await knownSecrets(cwd);
    await stackseed(['generate', '--no-iso'], { cwd });
    lay(cwd, {
      'inventory.yaml': memo.replace(
        '    roles: [controller]\n',
        '    roles: [controller]\n    settings: { galera: { buffer_pool: 300 } }\n',
      ),
    });
    const { status, stdout } = await stackseed(['plan', '--no-iso'], { cwd });
    assert.is(status, 2);
    assert.match(stdout, "The controllers' cluster goes from generation 1 to 2.");
    assert.match(stdout, 'one at a time, each healthy (stackseed status) before the next: cnt1, cnt2, cnt3.');
    assert.match(stdout, '3 to change, 6 right already');
    assert.match(stdout, /because of settings\.galera\n +\S+inventory\.yaml:\d+ +settings: \{ galera/);
    assert.match(stdout, /^ +\+.*300/m);
  }));

test('without a lock where there was one, plan and generate say what that means', () =>
  withGenerated(async (cwd) => {
    rmSync(join(cwd, 'stackseed.lock'));
    for (const command of ['plan', 'generate']) {
      const { status, stderr } = await stackseed([command], { cwd });
      assert.is(status, 1);
      assert.match(stderr, '--new-lock');
    }
    assert.is((await stackseed(['plan', '--new-lock'], { cwd })).status, 0);
    assert.not(existsSync(join(cwd, 'stackseed.lock')));
    assert.is((await stackseed(['generate', '--new-lock', ...EMBEDDED], { cwd })).status, 0);
    assert.ok(existsSync(join(cwd, 'stackseed.lock')));
  }));

test.run();
