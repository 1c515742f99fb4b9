import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Bench, onBench } from './python.ts';

const on = (use: (bench: Bench) => void | Promise<void>) =>
  onBench('openstack', ['galera_state', 'sql', 'step'], use);

const note = ['sh', '-c', 'echo ran >>"$STATE/log"'];
const schema = (bench: Bench, generation = '26', command = note, env = {}) =>
  bench.run('openstack_once', ['schema', 'schema-x-x', generation, 'x', ...command], env);
const drops = (bench: Bench) => bench.state('queries').match(/^DROP DATABASE/gm)?.length ?? 0;

test('a command runs once', () =>
  on((bench) => {
    for (let i = 0; i < 3; i++) assert.is(bench.run('openstack_once', ['run', 'x', '1', ...note]).status, 0);
    assert.is(bench.state('log'), 'ran\n');
    assert.is(bench.run('openstack_once', ['run', 'x', '2', ...note]).status, 0);
    assert.is(bench.state('log'), 'ran\nran\n');
  }));

test('one that fails is run again, and says what failed', () =>
  on((bench) => {
    const ran = bench.run('openstack_once', ['run', 'x', '1', 'false']);
    assert.is(ran.status, 1);
    assert.match(ran.stderr, 'false ended with status 1');
    assert.is(bench.run('openstack_once', ['run', 'x', '1', ...note]).status, 0);
    assert.is(bench.state('log'), 'ran\n');
  }));

test('"not yet" of a command is passed on', () =>
  on((bench) => {
    const ran = bench.run('openstack_once', ['run', 'x', '1', 'sh', '-c', 'echo because; exit 75']);
    assert.is(ran.status, 75);
    assert.equal(ran.stderr.trimEnd().split('\n').slice(-3), ['at step x', '| because', 'because']);
  }));

test('while another controller is at it, it is waited for', () =>
  on((bench) => {
    bench.setState('steps.json', JSON.stringify([['x', 1, 'cnt2', 'b', 't', 'begun']]));
    bench.setState('busy', '');
    const ran = bench.run('openstack_once', ['run', 'x', '1', ...note]);
    assert.is(ran.status, 75);
    assert.match(ran.stderr, 'cnt2 is at step x');
    assert.is(bench.state('log'), '');
  }));

test('a schema is made in an empty database, once for each release', () =>
  on((bench) => {
    assert.is(schema(bench).status, 0);
    assert.match(bench.state('queries'), 'CREATE DATABASE `x` CHARACTER SET utf8');
    bench.setState('tables', '30');
    assert.is(schema(bench).status, 0);
    assert.is(bench.state('log'), 'ran\n');
    const before = drops(bench);
    assert.is(schema(bench, '27').status, 0);
    assert.is(bench.state('log'), 'ran\nran\n');
    assert.is(drops(bench), before, 'what was finished is never dropped');
  }));

test('a first schema that was cut off is dropped and made again', () =>
  on((bench) => {
    assert.is(schema(bench, '26', ['sh', '-c', 'echo 12 >"$STATE/tables"; exit 1']).status, 1);
    assert.is(schema(bench, '26', note, { BOOT: 'second' }).status, 0);
    assert.is(drops(bench), 2);
    assert.is(bench.state('log'), 'ran\n');
  }));

test('a later one that was cut off is not dropped', () =>
  on((bench) => {
    assert.is(schema(bench).status, 0);
    bench.setState('tables', '30');
    assert.is(schema(bench, '27', ['false']).status, 1);
    assert.is(schema(bench, '27').status, 0);
    assert.is(drops(bench), 1);
  }));

test('a database that nobody noted is left to the operator', () =>
  on((bench) => {
    bench.setState('tables', '3');
    const ran = schema(bench);
    assert.is(ran.status, 78);
    assert.match(ran.stderr, 'the database x has 3 tables, and nobody has noted making it');
    assert.is(drops(bench), 0);
  }));

for (const [why, change] of [
  [
    'another controller takes over',
    (bench: Bench) => bench.setState('steps.json', '[["x", 1, "cnt2", "b", "t", "begun"]]'),
  ],
  ['the database does not serve any more', (bench: Bench) => bench.setState('away', '')],
] as const) {
  test(`a command is killed with all its children when ${why}`, () =>
    on(async (bench) => {
      const command = ['sh', '-c', '(sleep 9; echo late >"$STATE/log") & touch "$STATE/begun"; wait'];
      const { ended } = bench.begin('openstack_once', ['run', 'x', '1', ...command]);
      while (!bench.state('steps.json')) await sleep(50);
      await sleep(500);
      change(bench);
      assert.is(await ended, 75);
      await sleep(9500);
      assert.is(bench.state('log'), '');
    }));
}

test('an account is made or changed in one statement; an underscore is no wildcard', () =>
  on((bench) => {
    bench.write('/etc/stackseed/openstack/nova.database', 'nova-2\npass\n');
    assert.is(bench.run('openstack_account', ['nova', 'nova_api']).status, 0);
    assert.is(
      bench.state('queries'),
      "GRANT ALL PRIVILEGES ON `nova\\_api`.* TO 'nova-2'@'%' IDENTIFIED BY 'pass' REQUIRE SSL\n",
    );
    bench.write('/etc/stackseed/openstack/nova.database', "nova\nit's\n");
    const ran = bench.run('openstack_account', ['nova', 'nova_api']);
    assert.is(ran.status, 78);
    assert.not.match(ran.stderr, "it's");
  }));

test.run();
