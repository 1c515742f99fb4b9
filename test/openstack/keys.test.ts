import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Bench, onBench } from './python.ts';

const fernet = '/etc/keystone/fernet-keys';
const credential = '/etc/keystone/credential-keys';
const DAY = 86400;
const [SECRET, NEXT, LAST] = ['ab'.repeat(32), 'ef'.repeat(32), '12'.repeat(32)];

/** A module that is found before Python's own would not be, under -I: so the clock is set by the period. */
function write(bench: Bench, period: number, { before = 4, secrets = [SECRET] } = {}) {
  const config = { fernet: secrets, credential: 'cd'.repeat(32), period, before };
  bench.write('/etc/stackseed/openstack/keystone.keys.json', JSON.stringify(config));
  const ran = bench.run('keystone_keys', ['write']);
  assert.is(ran.status, 0, ran.stderr);
}

const names = (bench: Bench, folder: string) => readdirSync(join(bench.root, folder)).sort();

test('keys of this period, of those before, and of the next one', () =>
  onBench('keystone', [], (bench) => {
    write(bench, DAY);
    const period = Math.floor(Date.now() / 1000 / DAY);
    const wanted = ['0', ...[4, 3, 2, 1, 0].map((back) => String(period - back))];
    assert.equal(names(bench, fernet), wanted);
    const keys = wanted.map((name) => bench.read(`${fernet}/${name}`));
    assert.is(new Set(keys).size, keys.length);
    for (const key of keys) assert.match(key, /^[A-Za-z0-9_-]{43}=$/);
    for (const name of wanted) assert.is(statSync(join(bench.root, fernet, name)).mode & 0o777, 0o600);
    assert.is(statSync(join(bench.root, fernet)).mode & 0o777, 0o700);
  }));

test('the next key is what the next period will use, on every controller', () =>
  onBench('keystone', [], (bench) => {
    const text = [
      'import sys; sys.path.insert(0, sys.argv[1])',
      'import keystone_keys',
      'for at in (100, 101): print(dict(keystone_keys.keys("ab" * 32, at, 2)))',
    ].join('\n');
    bench.write('/look.py', text);
    const module = join(bench.root, '../py/look.py');
    writeFileSync(module, text);
    const [now = '', next = ''] = bench.run('look', [join(bench.root, '../py')]).stdout.split('\n');
    const one = JSON.parse(now.replaceAll("'", '"'));
    const two = JSON.parse(next.replaceAll("'", '"'));
    assert.is(one['0'], two['101']);
    assert.is(one['100'], two['100']);
    assert.equal(Object.keys(two).sort(), ['0', '100', '101', '99']);
  }));

test('what others left goes away, and a second run writes nothing', () =>
  onBench('keystone', [], (bench) => {
    mkdirSync(join(bench.root, fernet), { recursive: true });
    bench.write(`${fernet}/1`, 'a key of the package');
    write(bench, DAY);
    assert.not(names(bench, fernet).includes('1'));
    assert.equal(names(bench, credential), ['0', '1']);
    const period = String(Math.floor(Date.now() / 1000 / DAY));
    const before = statSync(join(bench.root, fernet, period)).ino;
    write(bench, DAY);
    assert.is(statSync(join(bench.root, fernet, period)).ino, before);
  }));

/** What tokens are made by, and all that they are read by. */
function inForce(bench: Bench): { makes: string; reads: string[] } {
  const found = names(bench, fernet)
    .map(Number)
    .sort((a, b) => b - a);
  const reads = found.map((name) => bench.read(`${fernet}/${name}`));
  return { makes: reads[0] ?? '', reads };
}

test('over two rotations no controller makes a token that another cannot read', () =>
  onBench('keystone', [], (bench) => {
    const states = [[SECRET], [SECRET, NEXT], [NEXT, LAST]].map((secrets) => {
      write(bench, DAY, { secrets });
      return inForce(bench);
    });
    for (const [index, state] of states.entries())
      for (const other of [states[index - 1], states[index + 1]])
        assert.ok(other?.reads.includes(state.makes) ?? true, `state ${index}`);
    const makes = states.map((state) => state.makes);
    assert.is(makes[0], makes[1]);
    assert.is.not(makes[1], makes[2]);
  }));

test('tokens of before are read on after the second rotation, until they can be good no more', () =>
  onBench('keystone', [], (bench) => {
    write(bench, DAY, { secrets: [SECRET, NEXT] });
    const { makes } = inForce(bench);
    write(bench, DAY, { secrets: [NEXT, LAST] });
    write(bench, DAY, { secrets: [NEXT, LAST] });
    assert.ok(inForce(bench).reads.includes(makes));
    const kept = '/var/lib/stackseed/keystone-keys.json';
    assert.is(statSync(join(bench.root, kept)).mode & 0o777, 0o600);
    const until = JSON.parse(bench.read(kept));
    assert.ok(until[makes] > Date.now() / 1000 + 4 * DAY);
    bench.write(kept, JSON.stringify({ ...until, [makes]: 1_800_000_000 - 10 ** 9 }));
    write(bench, DAY, { secrets: [NEXT, LAST] });
    assert.not(inForce(bench).reads.includes(makes));
  }));

test('two rotations at once make every token void', () =>
  onBench('keystone', [], (bench) => {
    write(bench, DAY);
    const { makes } = inForce(bench);
    write(bench, DAY, { secrets: [NEXT, LAST] });
    assert.not(inForce(bench).reads.includes(makes));
  }));

test.run();
