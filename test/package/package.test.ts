import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';

/** What `npm pack` packs, and what comes out when that is installed elsewhere. */
const work = mkdtempSync(join(tmpdir(), 'stackseed-package-'));
const checkout = join(work, 'checkout');
const elsewhere = join(work, 'elsewhere');
const fleet = join(work, 'fleet');
let packed: { filename: string; files: { path: string; mode: number }[] };

function must(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

test.before(() => {
  const left = ['node_modules', 'dist', 'out', '.git', '.cache', 'test'];
  mkdirSync(checkout);
  for (const name of readdirSync(root).filter((one) => !left.includes(one)))
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  // What lies in a checkout that somebody works in.
  for (const path of ['examples/memo/secrets.yaml', 'examples/memo/stackseed.lock'])
    writeFileSync(join(checkout, path), 'canary: true\n');
  mkdirSync(join(checkout, 'examples/memo/out/hosts'), { recursive: true });
  writeFileSync(join(checkout, 'examples/memo/out/hosts/user-data'), 'canary\n');
  packed = JSON.parse(must(checkout, 'npm', 'pack', '--json', '--silent'))[0];
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'package.json'), '{ "private": true }\n');
  const quick = ['--no-audit', '--no-fund', '--prefer-offline', '--silent'];
  must(elsewhere, 'npm', 'install', ...quick, join(checkout, packed.filename));
  mkdirSync(fleet);
});

test.after(() => {
  rmSync(work, { recursive: true, force: true });
});

test('the package has all that it needs, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of ['LICENSE', 'CHANGELOG.md', 'README.md', 'package.json', 'dist/cli/main.js'])
    assert.ok(paths.includes(path), path);
  for (const folder of ['cloud-config/platforms/', 'cloud-config/components/', 'examples/memo/'])
    assert.ok(
      paths.some((path) => path.startsWith(folder)),
      folder,
    );
  assert.equal(
    paths.filter((path) => /\.ts$|^(src|test|scripts)\/|secrets\.yaml$|stackseed\.lock$|\/out\//.test(path)),
    [],
  );
});

test('no secret and no output of a checkout is packed', () => {
  const files = readdirSync(join(elsewhere, 'node_modules/stackseed'), {
    recursive: true,
    withFileTypes: true,
  });
  const found = files
    .filter((entry) => entry.isFile())
    .filter((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').startsWith('canary'));
  assert.equal(found, []);
});

test('installed elsewhere it goes from nothing to seeds', () => {
  const stackseed = join(elsewhere, 'node_modules/.bin/stackseed');
  must(fleet, stackseed, 'init', '--memo');
  must(fleet, stackseed, 'secrets', 'init');
  must(fleet, stackseed, 'generate', '--no-iso');
  assert.is(readdirSync(join(fleet, 'out/hosts')).length, 9);
  assert.match(must(fleet, stackseed, 'show', 'cnt1'), 'cnt1.pikesaku.net');
});

test('it makes the same seeds as the checkout', () => {
  const main = join(checkout, 'dist/cli/main.js');
  must(fleet, process.execPath, main, 'generate', '--no-iso', '--out', 'again', '--lock', 'again.lock');
  for (const host of readdirSync(join(fleet, 'out/hosts'))) {
    for (const file of ['user-data', 'meta-data', 'network-config']) {
      const [one, other] = ['out', 'again'].map((out) => readFileSync(join(fleet, out, 'hosts', host, file)));
      assert.ok(one && other?.equals(one), `${host}/${file}`);
    }
  }
});

test('npx runs it, from the checkout and from where it is installed', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const folder of [checkout, elsewhere])
    assert.is(must(folder, 'npx', 'stackseed', '--version'), `${version}\n`, folder);
});

test.run();
