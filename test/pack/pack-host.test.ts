import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holdsFiles, xorrisoBuilder } from '../../src/iso9660-builder/index.ts';
import { type Out, openOut, packHost } from '../../src/pack/index.ts';
import { sha256 } from '../../src/pack/inspect.ts';
import type { Tree } from '../../src/render/tree.ts';
import { FindingsError } from '../../src/report/finding.ts';
import { failure } from '../iso/failure.ts';
import { inFolder } from '../iso/folder.ts';
import { needs } from '../needs.ts';
import { contents, failingBuilder, modeOf, seed } from './seeds.ts';

const iso = xorrisoBuilder();

async function inOut(body: (out: Out, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const out = await openOut(join(folder, 'out'));
    try {
      await body(out, folder);
    } finally {
      await out.close();
    }
  });
}

needs(test, 'xorriso')('writes a host, with modes that no umask changes', async () => {
  await inOut(async (out) => {
    const before = process.umask(0o000);
    try {
      const { digests, ...packed } = await packHost(out, 'cnt1', seed('1'), iso);
      const written = ['meta-data', 'network-config', 'seed.iso', 'user-data'];
      assert.equal(packed, { written, removed: [], unchanged: false, edited: [] });
      const read = written.map((name) => [name, sha256(readFileSync(join(out.hosts, 'cnt1', name)))]);
      assert.equal(digests, Object.fromEntries(read));
    } finally {
      process.umask(before);
    }
    const folder = join(out.hosts, 'cnt1');
    assert.equal(readdirSync(out.hosts), ['cnt1']);
    assert.is(modeOf(out.hosts), '700');
    assert.is(modeOf(folder), '700');
    for (const name of readdirSync(folder)) assert.is(modeOf(join(folder, name)), '600');
    assert.is(readFileSync(join(folder, 'user-data'), 'utf8'), 'user-data 1\n');
    assert.ok(holdsFiles(readFileSync(join(folder, 'seed.iso')), seed('1'), 'cidata'));
  });
});

needs(test, 'xorriso')('does not touch a host that is right already', async () => {
  await inOut(async (out) => {
    await packHost(out, 'cnt1', seed('1'), iso);
    const folder = join(out.hosts, 'cnt1');
    const before = [folder, join(folder, 'seed.iso')].map((path) => statSync(path));
    await sleep(15);
    const { digests, ...packed } = await packHost(
      out,
      'cnt1',
      seed('1'),
      failingBuilder(new Error('not needed')),
    );
    assert.equal(packed, { written: [], removed: [], unchanged: true, edited: [] });
    assert.is(Object.keys(digests).length, 4);
    const after = [folder, join(folder, 'seed.iso')].map((path) => statSync(path));
    assert.equal(
      after.map(({ ino, ctimeMs }) => [ino, ctimeMs]),
      before.map(({ ino, ctimeMs }) => [ino, ctimeMs]),
    );
  });
});

needs(test, 'xorriso')('keeps the times of files that stay, and makes the image anew', async () => {
  await inOut(async (out) => {
    await packHost(out, 'cnt1', seed('1'), iso);
    const folder = join(out.hosts, 'cnt1');
    const before = statSync(join(folder, 'meta-data')).mtimeMs;
    await sleep(15);
    const changed: Tree = new Map([...seed('1'), ['user-data', { content: 'other\n', mode: '0600' }]]);
    const packed = await packHost(out, 'cnt1', changed, iso);
    assert.equal(packed.written, ['seed.iso', 'user-data']);
    assert.is(statSync(join(folder, 'meta-data')).mtimeMs, before);
    assert.is(statSync(join(folder, 'meta-data')).nlink, 1);
    assert.ok(holdsFiles(readFileSync(join(folder, 'seed.iso')), changed, 'cidata'));
  });
});

needs(test, 'xorriso')('makes a missing, damaged or outdated image anew', async () => {
  await inOut(async (out) => {
    await packHost(out, 'cnt1', seed('1'), iso);
    const file = join(out.hosts, 'cnt1', 'seed.iso');
    const good = readFileSync(file);
    const spoilt = Buffer.from(good);
    spoilt[33 * 2048] = 0;
    for (const damage of [
      () => rmSync(file),
      () => writeFileSync(file, 'x'),
      () => writeFileSync(file, spoilt),
      () => chmodSync(file, 0o644),
    ]) {
      damage();
      assert.equal((await packHost(out, 'cnt1', seed('1'), iso)).written, ['seed.iso']);
      assert.ok(readFileSync(file).equals(good));
      assert.is(modeOf(file), '600');
    }
  });
});

needs(test, 'xorriso')(
  'without a builder keeps an image that fits and removes one that does not',
  async () => {
    await inOut(async (out) => {
      await packHost(out, 'cnt1', seed('1'), iso);
      assert.ok((await packHost(out, 'cnt1', seed('1'))).unchanged);
      const packed = await packHost(out, 'cnt1', seed('2'));
      assert.equal(packed.written, ['meta-data', 'network-config', 'user-data']);
      assert.equal(packed.removed, ['seed.iso']);
      assert.equal(Object.keys(contents(join(out.hosts, 'cnt1'))), [
        'meta-data',
        'network-config',
        'user-data',
      ]);
    });
  },
);

test('mends modes, and removes a file that the seed has no more', async () => {
  await inOut(async (out) => {
    await packHost(out, 'cnt1', seed('1'));
    const folder = join(out.hosts, 'cnt1');
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'user-data'), 0o644);
    assert.equal((await packHost(out, 'cnt1', seed('1'))).written, ['user-data']);
    assert.is(modeOf(folder), '700');
    assert.is(modeOf(join(folder, 'user-data')), '600');
    const less = seed('1', ['meta-data', 'user-data']);
    const { digests, ...packed } = await packHost(out, 'cnt1', less);
    assert.equal(packed, { written: [], removed: ['network-config'], unchanged: false, edited: [] });
    assert.equal(Object.keys(digests), ['meta-data', 'user-data']);
  });
});

test('leaves the old seed whole when the image cannot be made', async () => {
  await inOut(async (out) => {
    await packHost(out, 'cnt1', seed('1'));
    const finding = { severity: 'error', code: 'iso-xorriso-failed', path: 'iso' } as const;
    const failing = failingBuilder(
      new FindingsError([
        { ...finding, message: `while writing ${join(out.hosts, '.cnt1.new', 'seed.iso')}` },
      ]),
    );
    const found = await failure(packHost(out, 'cnt1', seed('2'), failing));
    assert.is(found.message, `while writing ${join(out.hosts, 'cnt1', 'seed.iso')}`);
    assert.equal(readdirSync(out.hosts), ['cnt1']);
    assert.is(contents(join(out.hosts, 'cnt1'))['user-data'], 'user-data 1\n');
  });
});

needs(test, 'root')('leaves the old seed whole when the disk is full', async () => {
  await inFolder(async (folder) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], {
      encoding: 'utf8',
    });
    assert.is(mount.status, 0, mount.stderr);
    try {
      const out = await openOut(folder);
      await packHost(out, 'cnt1', seed('1'));
      const large: Tree = new Map([['user-data', { content: 'x'.repeat(100_000), mode: '0600' }]]);
      const found = await failure(packHost(out, 'cnt1', large));
      assert.is(found.code, 'disk-full');
      assert.is(found.message, `no space left on the disk while writing ${join(out.hosts, 'cnt1')}`);
      assert.equal(readdirSync(out.hosts), ['cnt1']);
      assert.is(contents(join(out.hosts, 'cnt1'))['user-data'], 'user-data 1\n');
      await out.close();
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

test('leaves files alone that are not known to be of this program, unless they are right', async () => {
  await inOut(async (out) => {
    const first = await packHost(out, 'cnt1', seed('1'));
    const known = new Set(Object.values(first.digests));
    const file = join(out.hosts, 'cnt1', 'user-data');
    writeFileSync(file, 'mine\n');
    const refused = await packHost(out, 'cnt1', seed('2'), undefined, undefined, { known });
    assert.equal([refused.written, refused.edited], [[], ['user-data']]);
    assert.is(readFileSync(file, 'utf8'), 'mine\n');
    // What somebody wrote is what would be written.
    writeFileSync(file, 'user-data 2\n');
    const noted: string[] = [];
    const right = await packHost(out, 'cnt1', seed('2'), undefined, undefined, {
      known,
      note: (digests) => noted.push(...digests),
    });
    assert.equal([right.written, right.edited], [['meta-data', 'network-config'], []]);
    assert.equal(noted.sort(), [right.digests['meta-data'], right.digests['network-config']].sort());
    writeFileSync(file, 'mine\n');
    assert.equal((await packHost(out, 'cnt1', seed('2'))).written, ['user-data']);
  });
});

test('leaves a folder alone that holds what it did not write', async () => {
  await inOut(async (out) => {
    await packHost(out, 'cnt1', seed('1'));
    const folder = join(out.hosts, 'cnt1');
    for (const [put, take] of [
      [() => writeFileSync(join(folder, 'notes.txt'), 'mine'), () => rmSync(join(folder, 'notes.txt'))],
      [
        () => mkdirSync(join(folder, 'user-data.d')),
        () => rmSync(join(folder, 'user-data.d'), { recursive: true }),
      ],
    ] as const) {
      put();
      const before = readdirSync(folder);
      const found = await failure(packHost(out, 'cnt1', seed('2')));
      assert.is(found.code, 'out-foreign-file');
      assert.equal(readdirSync(folder), before);
      assert.is(contents(folder)['user-data'], 'user-data 1\n');
      take();
    }
  });
});

test('follows no link out of the output folder', async () => {
  await inOut(async (out, folder) => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'user-data'), 'theirs');

    symlinkSync(elsewhere, join(out.hosts, 'cnt1'));
    assert.is((await failure(packHost(out, 'cnt1', seed('1')))).code, 'out-foreign-file');

    mkdirSync(join(out.hosts, 'cnt2'));
    symlinkSync(join(elsewhere, 'user-data'), join(out.hosts, 'cnt2', 'user-data'));
    assert.is((await failure(packHost(out, 'cnt2', seed('1')))).code, 'out-foreign-file');

    assert.equal(contents(elsewhere), { 'user-data': 'theirs' });
    assert.equal(readdirSync(out.hosts), ['cnt1', 'cnt2']);
  });
});

test('takes no name that leads elsewhere', async () => {
  await inOut(async (out, folder) => {
    for (const name of [
      '..',
      '../x',
      '/x',
      '',
      '.new',
      'a/b',
      'A',
      'a\n',
      '-a',
      'a-',
      'x'.repeat(64),
      'a\0',
    ]) {
      try {
        await packHost(out, name, seed('1'));
        assert.unreachable(JSON.stringify(name));
      } catch (error) {
        assert.match(String(error), 'not a host name');
      }
    }
    for (const name of ['../user-data', 'seed.iso', 'a/user-data', '/user-data', '']) {
      try {
        await packHost(out, 'cnt1', seed('1', [name]));
        assert.unreachable(JSON.stringify(name));
      } catch (error) {
        assert.match(String(error), 'not a file of a host');
      }
    }
    assert.equal(readdirSync(folder), ['out']);
    assert.equal(readdirSync(out.hosts), []);
    assert.not(existsSync(join(out.hosts, 'cnt1')));
  });
});

test.run();
