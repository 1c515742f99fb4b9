import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type IsoFiles, xorrisoBuilder } from '../../src/iso9660-builder/index.ts';
import { needs } from '../needs.ts';
import { failure } from './failure.ts';
import { inFolder, stub } from './folder.ts';

const SEED: IsoFiles = new Map([
  ['meta-data', { content: 'instance-id: cnt1-1\n' }],
  ['network-config', { content: '' }],
  ['user-data', { content: Buffer.from('#cloud-config\nhostname: cnt1\n# \u00e4\n') }],
]);
const CIDATA = { volumeId: 'cidata' };

const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

needs(test, 'xorriso')('holds the files, for root alone, in both trees', async () => {
  await inFolder(async (folder) => {
    const iso = join(folder, 'seed.iso');
    await xorrisoBuilder().build(SEED, iso, CIDATA);
    assert.is(statSync(iso).mode & 0o777, 0o600);
    assert.equal(readdirSync(folder), ['seed.iso']);

    const listing = spawnSync('xorriso', ['-indev', iso, '-find', '/', '-exec', 'lsdl'], {
      encoding: 'utf8',
    });
    const lines = listing.stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+/g, ' '));
    assert.equal(lines, [
      "dr-x------ 1 0 0 0 Jan 1 2000 '/'",
      "-r-------- 1 0 0 20 Jan 1 2000 '/meta-data'",
      "-r-------- 1 0 0 0 Jan 1 2000 '/network-config'",
      "-r-------- 1 0 0 34 Jan 1 2000 '/user-data'",
    ]);
    assert.match(listing.stderr, /Volume id {4}: 'cidata'/);

    for (const [name, { content }] of SEED) {
      const out = join(folder, `read-${name}`);
      const args = ['-osirrox', 'on', '-indev', iso, '-extract', `/${name}`, out];
      assert.is(spawnSync('xorriso', args, { encoding: 'utf8' }).status, 0);
      assert.ok(readFileSync(out).equals(Buffer.from(content)), name);
    }
  });
});

needs(
  test,
  'isoinfo',
  'xorriso',
)('shows the full names to readers of Joliet', async () => {
  await inFolder(async (folder) => {
    const iso = join(folder, 'seed.iso');
    await xorrisoBuilder().build(SEED, iso, CIDATA);
    const names = spawnSync('isoinfo', ['-J', '-f', '-i', iso], { encoding: 'utf8' }).stdout;
    assert.is(names, '/meta-data\n/network-config\n/user-data\n');
  });
});

needs(test, 'xorriso')('gives the same bytes wherever, whenever and however it runs', async () => {
  await inFolder(async (folder) => {
    const first = join(folder, 'seed.iso');
    await xorrisoBuilder().build(SEED, first, CIDATA);

    // File times and volume dates have whole seconds.
    await sleep(1100);
    const away = join(folder, 'another', 'and deeper');
    mkdirSync(away, { recursive: true });
    writeFileSync(join(folder, '.xorrisorc'), '-volid other\n-publisher someone\n');
    const backwards = new Map([...SEED].reverse());
    const before = { umask: process.umask(0o027), cwd: process.cwd(), env: { ...process.env } };
    process.chdir(away);
    Object.assign(process.env, { TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8', HOME: folder, SOURCE_DATE_EPOCH: '1' });
    try {
      await xorrisoBuilder().build(backwards, 'other name.iso', CIDATA);
    } finally {
      process.umask(before.umask);
      process.chdir(before.cwd);
      process.env = before.env;
    }
    assert.is(digest(join(away, 'other name.iso')), digest(first));
    assert.not(readFileSync(first).includes(folder));
  });
});

needs(test, 'xorriso')('replaces an image, and clears away what a killed run left', async () => {
  await inFolder(async (folder) => {
    const iso = join(folder, 'seed.iso');
    writeFileSync(iso, 'old');
    mkdirSync(join(folder, '.seed.iso.work', 'files'), { recursive: true });
    writeFileSync(join(folder, '.seed.iso.work', 'files', 'user-data'), 'secret');
    await xorrisoBuilder().build(SEED, iso, CIDATA);
    assert.equal(readdirSync(folder), ['seed.iso']);
    assert.is(statSync(iso).size > 2048, true);
  });
});

/** Every failure must leave the old image as it was, and nothing beside it. */
async function leavesOld(folder: string, body: (iso: string) => Promise<void>): Promise<void> {
  const place = join(folder, 'place');
  mkdirSync(place);
  const iso = join(place, 'seed.iso');
  writeFileSync(iso, 'old');
  await body(iso);
  assert.is(readFileSync(iso, 'utf8'), 'old');
  assert.equal(readdirSync(place), ['seed.iso']);
}

const CORRUPT = [
  ['a byte of a file', 'printf X | dd of=image.iso bs=1 seek=$((33 * 2048 + 3)) conv=notrunc status=none'],
  ['a name', 'sed -i s/user-data/user-dato/ image.iso'],
  ['the volume id', 'sed -i s/cidata/cidato/ image.iso'],
  ['the end', 'truncate -s 68000 image.iso'],
  ['all of it', 'printf nothing > image.iso'],
  ['the image itself', 'rm image.iso'],
  ['the image, for a link', 'mv image.iso other.iso; ln -s other.iso image.iso'],
] as const;

for (const [what, commands] of CORRUPT) {
  needs(test, 'xorriso')(`does not accept an image with ${what} spoilt`, async () => {
    await inFolder(async (folder) => {
      const program = stub(folder, 'xorriso-spoilt', `xorriso "$@" || exit\n${commands}`);
      await leavesOld(folder, async (iso) => {
        const finding = await failure(xorrisoBuilder({ program }).build(SEED, iso, CIDATA));
        assert.is(finding.code, 'iso-unreadable');
      });
    });
  });
}

test('says what to install when xorriso is missing', async () => {
  await inFolder(async (folder) => {
    await leavesOld(folder, async (iso) => {
      const program = join(folder, 'xorriso-of-nowhere');
      const finding = await failure(xorrisoBuilder({ program }).build(SEED, iso, CIDATA));
      assert.is(finding.code, 'iso-xorriso-missing');
      assert.match(finding.hint ?? '', 'apt-get install xorriso');
    });
  });
});

test('repeats the last words of an xorriso that fails', async () => {
  await inFolder(async (folder) => {
    const program = stub(
      folder,
      'xorriso-bad',
      'seq 1 9 >&2; echo xorriso : NOTE : x >&2; echo xorriso : FAILURE : no luck >&2; exit 5',
    );
    await leavesOld(folder, async (iso) => {
      const finding = await failure(xorrisoBuilder({ program }).build(SEED, iso, CIDATA));
      assert.is(finding.code, 'iso-xorriso-failed');
      assert.match(finding.message, 'failed with status 5');
      assert.is(finding.hint, 'it said: 7; 8; 9; xorriso : FAILURE : no luck');
    });
  });
});

test('gives up an xorriso that does not end', async () => {
  await inFolder(async (folder) => {
    const program = stub(folder, 'xorriso-slow', 'exec sleep 600');
    await leavesOld(folder, async (iso) => {
      const finding = await failure(xorrisoBuilder({ program, timeout: 200 }).build(SEED, iso, CIDATA));
      assert.match(finding.message, 'did not finish in time');
    });
  });
});

test('is interrupted by its signal', async () => {
  await inFolder(async (folder) => {
    // The child that the stub leaves behind must not hold up the end.
    const program = stub(folder, 'xorriso-slow', 'touch ../../started; sleep 5');
    await leavesOld(folder, async (iso) => {
      const abort = new AbortController();
      const building = failure(xorrisoBuilder({ program, signal: abort.signal }).build(SEED, iso, CIDATA));
      while (!existsSync(join(folder, 'started'))) await sleep(10);
      const began = Date.now();
      abort.abort();
      assert.is((await building).code, 'interrupted');
      assert.ok(Date.now() - began < 3000);
      const again = xorrisoBuilder({ program, signal: abort.signal }).build(SEED, iso, CIDATA);
      assert.is((await failure(again)).code, 'interrupted');
    });
  });
});

test('knows a full disk by the words of xorriso', async () => {
  await inFolder(async (folder) => {
    const words =
      "libburn : FAILURE : Cannot write desired amount of data. errno=28 'No space left on device'";
    const program = stub(folder, 'xorriso-full', `echo "${words}" >&2; exit 32`);
    await leavesOld(folder, async (iso) => {
      assert.is((await failure(xorrisoBuilder({ program }).build(SEED, iso, CIDATA))).code, 'disk-full');
    });
  });
});

needs(
  test,
  'root',
  'xorriso',
)('leaves nothing behind on a disk that is full', async () => {
  await inFolder(async (folder) => {
    // Room for the sources and not for the image, then not for the sources either.
    for (const size of ['200k', '16k']) {
      const disk = join(folder, size);
      mkdirSync(disk);
      const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], {
        encoding: 'utf8',
      });
      assert.is(mount.status, 0, mount.stderr);
      try {
        const large: IsoFiles = new Map([...SEED, ['user-data', { content: 'x'.repeat(50_000) }]]);
        const finding = await failure(xorrisoBuilder().build(large, join(disk, 'seed.iso'), CIDATA));
        assert.is(finding.code, 'disk-full', `${size}: ${finding.message} ${finding.hint}`);
        assert.equal(readdirSync(disk), []);
      } finally {
        spawnSync('umount', [disk]);
      }
    }
  });
});

test('sees names and volume ids that cannot be right before anything runs', async () => {
  await inFolder(async (folder) => {
    const builder = xorrisoBuilder({ program: '/bin/false' });
    for (const path of ['../user-data', '/etc/passwd', '-rf', 'a//b', 'a\nb', '.', 'x'.repeat(65), '']) {
      const files: IsoFiles = new Map([[path, { content: 'x' }]]);
      try {
        await builder.build(files, join(folder, 'seed.iso'), CIDATA);
        assert.unreachable(path);
      } catch (error) {
        assert.match(String(error), 'not a path for an image');
      }
    }
    try {
      await builder.build(SEED, join(folder, 'seed.iso'), { volumeId: '-o /etc/passwd' });
      assert.unreachable();
    } catch (error) {
      assert.match(String(error), 'not a volume id');
    }
    assert.equal(readdirSync(folder), []);
  });
});

test.run();
