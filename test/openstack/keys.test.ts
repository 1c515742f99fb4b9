import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Bench, onBench } from './python.ts';

const fernet = '/etc/keystone/fernet-keys';
const credential = '/etc/keystone/credential-keys';
const DAY = 86400;

/** A module that is found before Python's own would not be, under -I: so the clock is set by the period. */
function write(bench: Bench, period: number, before = 4) {
  const config = { fernet: 'ab'.repeat(32), credential: 'cd'.repeat(32), period, before };
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

test.run();
