import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  embeddedBuilder,
  holdsFiles,
  type IsoFiles,
  xorrisoBuilder,
} from '../../src/iso9660-builder/index.ts';
import { isoImage } from '../../src/iso9660-builder/iso-image.ts';
import { needs } from '../needs.ts';
import { failure } from './failure.ts';
import { inFolder } from './folder.ts';
import {
  blkidSays,
  isoinfoNames,
  isoinfoReads,
  pathsOf,
  xorrisoExtracts,
  xorrisoListing,
} from './readers.ts';

const CIDATA = { volumeId: 'cidata' };
const SEED: IsoFiles = new Map([
  ['meta-data', { content: 'instance-id: cnt1-1\n' }],
  ['network-config', { content: '' }],
  ['user-data', { content: Buffer.from('#cloud-config\nhostname: cnt1\n# \u00e4\n') }],
]);

const filesOf = (contents: Record<string, string>): IsoFiles =>
  new Map(Object.entries(contents).map(([path, content]) => [path, { content }]));

/** Trees at the edges of the format. */
const EDGES: Record<string, IsoFiles> = {
  'a seed': SEED,
  'nothing at all': new Map(),
  'empty files alone': filesOf({ a: '', b: '', 'c/d': '' }),
  'sizes around whole sectors': filesOf(
    Object.fromEntries(
      [1, 2047, 2048, 2049, 4095, 4096, 4097, 20_480].map((size) => [`of-${size}`, 'x'.repeat(size)]),
    ),
  ),
  'names of 64 characters that begin alike': filesOf(
    Object.fromEntries(['a', 'b', 'c'].map((end) => [`${'n'.repeat(63)}${end}`, end])),
  ),
  'folders of more than 4 KiB, one in another': filesOf(
    Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [
        `large/${index % 2 === 0 ? 'inner/' : ''}${'f'.repeat(40)}-${index}.conf`,
        `content of ${index}`,
      ]),
    ),
  ),
  'path tables of more than a sector': filesOf(
    Object.fromEntries(
      Array.from({ length: 120 }, (_, index) => [`folder-with-a-name-${index}/below/x`, `${index}`]),
    ),
  ),
  'folders seven deep': filesOf({ 'a/b/c/d/e/f/g/file': 'deep', 'a/b/x': 'not so' }),
  'names that one upper-case short name would fit': filesOf({
    'User-Data': '1',
    'user-data': '2',
    'user+data': '3',
    'user.data.d/x': '4',
    'user.data.e': '5',
    'user.data': '6',
  }),
};

for (const [what, files] of Object.entries(EDGES)) {
  needs(
    test,
    'xorriso',
    'isoinfo',
    'blkid',
  )(`xorriso, isoinfo and blkid read ${what}`, () =>
    inFolder(async (folder) => {
      const [mine, oracle] = [join(folder, 'mine.iso'), join(folder, 'oracle.iso')];
      await embeddedBuilder().build(files, mine, CIDATA);
      await xorrisoBuilder().build(files, oracle, CIDATA);
      const listed = xorrisoListing(mine);
      assert.is(listed.length, pathsOf(files).length + 1);
      assert.equal(listed, xorrisoListing(oracle));
      const { DATA_PREPARER_ID: _, ...label } = blkidSays(oracle);
      assert.equal(blkidSays(mine), label);
      assert.is(blkidSays(mine)['LABEL'], 'cidata');
      if (files.size > 0)
        for (const kind of ['-R', '-J'] as const)
          assert.equal(isoinfoNames(mine, kind), pathsOf(files), kind);
      const extracted = xorrisoExtracts(mine, join(folder, 'extracted'));
      assert.equal([...extracted.keys()].sort(), [...files.keys()].sort());
      for (const [path, { content }] of files)
        assert.ok(extracted.get(path)?.equals(Buffer.from(content)), path);
      for (const [path, { content }] of [...files].slice(0, 3))
        for (const kind of ['-R', '-J'] as const)
          assert.ok(isoinfoReads(mine, kind, path).equals(Buffer.from(content)), `${kind} ${path}`);
    }),
  );
}

test('gives the same bytes in whatever order the files come', () => {
  for (const files of Object.values(EDGES))
    assert.ok(isoImage(files, 'cidata').equals(isoImage(new Map([...files].reverse()), 'cidata')));
});

test('any tree that may be put in is read again', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,12}$/);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
  fc.assert(
    fc.property(fc.dictionary(path, fc.string({ maxLength: 5000 }), { maxKeys: 40 }), (contents) => {
      const paths = Object.keys(contents);
      fc.pre(!paths.some((one) => paths.some((other) => other.startsWith(`${one}/`))));
      const files = filesOf(contents);
      assert.ok(holdsFiles(isoImage(files, 'cidata'), files, 'cidata'));
    }),
    { numRuns: 200 },
  );
});

test('a path that is a file and a folder is a mistake, in whatever order', () => {
  for (const paths of [
    ['a', 'a/b'],
    ['a/b/c', 'a/b'],
    ['a', 'a-b', 'a/b'],
  ])
    assert.throws(() => isoImage(new Map(paths.map((path) => [path, { content: '' }])), 'x'), 'of one name');
});

test('replaces an image, with mode 0600 whatever the umask, and clears away what a killed run left', () =>
  inFolder(async (folder) => {
    const iso = join(folder, 'seed.iso');
    const before = process.umask(0o077);
    try {
      for (const leave of [
        () => writeFileSync(join(folder, '.seed.iso.work'), 'secret'),
        () => mkdirSync(join(folder, '.seed.iso.work/files'), { recursive: true }),
      ]) {
        writeFileSync(iso, 'old', { mode: 0o644 });
        leave();
        await embeddedBuilder().build(SEED, iso, CIDATA);
        assert.equal(readdirSync(folder), ['seed.iso']);
        assert.is(statSync(iso).mode & 0o777, 0o600);
        assert.ok(holdsFiles(readFileSync(iso), SEED, 'cidata'));
      }
    } finally {
      process.umask(before);
    }
  }));

test('names and volume ids that cannot be right are seen before anything is written', () =>
  inFolder(async (folder) => {
    const target = join(folder, 'seed.iso');
    const deep = 'a/'.repeat(8);
    for (const path of [
      '../user-data',
      '/etc/passwd',
      '-rf',
      'a//b',
      'a\nb',
      '.',
      'x'.repeat(65),
      '',
      `${deep}x`,
    ])
      await embeddedBuilder()
        .build(new Map([[path, { content: 'x' }]]), target, CIDATA)
        .then(
          () => assert.unreachable(JSON.stringify(path)),
          (error) => assert.match(String(error), 'not a path for an image'),
        );
    await embeddedBuilder()
      .build(SEED, target, { volumeId: 'a b' })
      .then(
        () => assert.unreachable(),
        (error) => assert.match(String(error), 'not a volume id'),
      );
    assert.not(existsSync(target));
  }));

needs(test, 'root')('leaves the old image and nothing beside it when the disk is full', () =>
  inFolder(async (folder) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], {
      encoding: 'utf8',
    });
    assert.is(mount.status, 0, mount.stderr);
    try {
      const iso = join(folder, 'seed.iso');
      writeFileSync(iso, 'old');
      const large = new Map([...SEED, ['user-data', { content: 'x'.repeat(100_000) }] as const]);
      assert.is((await failure(embeddedBuilder().build(large, iso, CIDATA))).code, 'disk-full');
      assert.is(readFileSync(iso, 'utf8'), 'old');
      assert.equal(readdirSync(folder), ['seed.iso']);
    } finally {
      spawnSync('umount', [folder]);
    }
  }),
);

test.run();
