import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, withFolder } from '../fixtures.ts';
import { lay, stackseed, twoHosts } from './command.ts';

function lineOf(text: string): number {
  const lines = twoHosts['inventory.yaml']?.split('\n') ?? [];
  return lines.findIndex((line) => line.includes(text)) + 1;
}

test('show lists networks, virtual addresses and hosts', async () => {
  const { status, stdout } = await stackseed(['show', '-i', example('memo')]);
  assert.is(status, 0);
  assert.match(stdout, /^fleet memo, domain pikesaku\.net, 9 hosts$/m);
  assert.match(stdout, /^cnt\.pikesaku\.net +public 192\.168\.0\.50, manage 192\.168\.1\.50$/m);
  assert.match(stdout, /^nfs +ubuntu-16\.04 +storage inner-router +manage 192\.168\.1\.1, uplink DHCP$/m);
  assert.not.match(stdout, / $/m);
});

test('show HOST tells where each value comes from', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const { status, stdout } = await stackseed(['show', 'keep'], { cwd });
    assert.is(status, 0);
    const at = (text: string) => `${join(cwd, 'inventory.yaml')}:${lineOf(text)}`;
    const line = (path: string) => stdout.split('\n').find((one) => one.startsWith(`  ${path} `)) ?? '';
    assert.match(line('timezone'), new RegExp(`Europe/Berlin +group keepers +${at('timezone')}$`));
    assert.match(line('platform'), new RegExp(`debian-12 +fleet +${at('platform')}$`));
    assert.match(line('settings.keeper.color'), /blue +component keeper$/);
    assert.match(
      line('networks.manage.address'),
      new RegExp(`10\\.0\\.0\\.11 +host keep +${at('10.0.0.11')}$`),
    );
    assert.not(stdout.includes('plain'));
  }));

test('show --platform says that the command line decided', async () => {
  const { stdout } = await stackseed(['show', 'cnt1', '-i', example('memo'), '--platform', 'debian-12']);
  assert.match(stdout, /^ {2}platform +debian-12 +command line$/m);
});

test('show --secrets names the secrets of a host', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const { stdout } = await stackseed(['show', 'keep', '--secrets'], { cwd });
    assert.match(stdout, /^ {2}keeper-key +the fleet's +keeper$/m);
    assert.match(stdout, /^ {2}keeper-token +its own +keeper$/m);
    const other = await stackseed(['show', 'plain', '--secrets'], { cwd });
    assert.not.match(other.stdout, 'keeper');
  }));

test('show --json is the plan', () =>
  withFolder(async (cwd) => {
    lay(cwd, twoHosts);
    const { status, stdout } = await stackseed(['show', '--json'], { cwd });
    assert.is(status, 0);
    const plan = JSON.parse(stdout);
    assert.is(plan.fleet.name, 'test');
    assert.equal(
      plan.hosts.map(({ name }: { name: string }) => name),
      ['keep', 'plain'],
    );
    const zone = plan.hosts[0].values.find(({ path }: { path: string }) => path === 'timezone');
    const place = { file: join(cwd, 'inventory.yaml'), line: lineOf('timezone') };
    assert.equal(zone, { path: 'timezone', value: 'Europe/Berlin', from: 'group keepers', place });
    assert.equal(plan.findings, []);
  }));

test('a password hash is not shown', () =>
  withFolder(async (cwd) => {
    const hash = `$6$saltsalt$${'QCwXAIb'.padEnd(86, 'x')}`;
    const users = `  other: { password_hash: '${hash}' }\ngroups:\n`;
    const text = (twoHosts['inventory.yaml'] ?? '').replace('groups:\n', users);
    lay(cwd, { ...twoHosts, 'inventory.yaml': text });
    for (const args of [
      ['show', 'keep'],
      ['show', '--json'],
    ]) {
      const { status, stdout, stderr } = await stackseed(args, { cwd });
      assert.is(status, 0, stderr);
      assert.match(stdout, '***');
      assert.not(stdout.includes('QCwXAIb'));
    }
  }));

test('a host that is not there is a finding with the nearest one', async () => {
  const { status, stdout, stderr } = await stackseed(['show', 'cnt4', '-i', example('memo')]);
  assert.is(status, 1);
  assert.is(stdout, '');
  assert.match(stderr, /the inventory has no host "cnt4".*\n.*did you mean cnt[123]\?/);
});

test('an absent host has no plan, and show says so', () =>
  withFolder(async (cwd) => {
    const text = (twoHosts['inventory.yaml'] ?? '').replace('  plain:\n', '  plain:\n    state: absent\n');
    lay(cwd, { ...twoHosts, 'inventory.yaml': text });
    const { status, stdout } = await stackseed(['show', 'plain'], { cwd });
    assert.is(status, 0);
    assert.is(stdout, 'plain is absent: it gets no seed\n');
  }));

test.run();
