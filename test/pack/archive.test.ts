import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArchive } from '../../src/pack/index.ts';
import { failure } from '../iso/failure.ts';
import { inFolder } from '../iso/folder.ts';
import { modeOf, seed } from './seeds.ts';

const SEEDS = new Map([
  ['cnt2', seed('2')],
  ['cnt1', seed('1')],
]);

test('holds the seeds by host, for root alone', async () => {
  await inFolder(async (folder) => {
    const target = join(folder, 'fleet.tar.gz');
    await writeArchive(target, SEEDS);
    assert.is(modeOf(target), '600');
    assert.equal(readdirSync(folder), ['fleet.tar.gz']);
    const listing = spawnSync('tar', ['--utc', '--numeric-owner', '-tvzf', target], { encoding: 'utf8' });
    assert.is(
      listing.stdout.replace(/ +/g, ' '),
      [
        `-rw------- 0/0 ${6 * 64 + 6 * 3 + 2 * (14 + 19 + 14)} 2000-01-01 00:00 SHA256SUMS`,
        'drwx------ 0/0 0 2000-01-01 00:00 cnt1/',
        '-rw------- 0/0 12 2000-01-01 00:00 cnt1/meta-data',
        '-rw------- 0/0 17 2000-01-01 00:00 cnt1/network-config',
        '-rw------- 0/0 12 2000-01-01 00:00 cnt1/user-data',
        'drwx------ 0/0 0 2000-01-01 00:00 cnt2/',
        '-rw------- 0/0 12 2000-01-01 00:00 cnt2/meta-data',
        '-rw------- 0/0 17 2000-01-01 00:00 cnt2/network-config',
        '-rw------- 0/0 12 2000-01-01 00:00 cnt2/user-data',
        '',
      ].join('\n'),
    );
    const text = spawnSync('tar', ['-xOzf', target, 'cnt2/user-data'], { encoding: 'utf8' }).stdout;
    assert.is(text, 'user-data 2\n');
  });
});

test('is the same bytes for the same seeds', async () => {
  await inFolder(async (folder) => {
    await writeArchive(join(folder, 'a.tgz'), SEEDS);
    await sleep(1100);
    await writeArchive(join(folder, 'b.tgz'), new Map([...SEEDS].reverse()));
    assert.ok(readFileSync(join(folder, 'a.tgz')).equals(readFileSync(join(folder, 'b.tgz'))));
  });
});

test('replaces the old archive, and clears away what a dead run left', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'fleet.tgz'), 'old');
    // No process has such a number: it is above what Linux can be set to.
    writeFileSync(join(folder, '.fleet.tgz.4194305.new'), 'half');
    writeFileSync(join(folder, '.fleet.tgz.1.new'), 'of a run that lives');
    await writeArchive(join(folder, 'fleet.tgz'), SEEDS);
    assert.equal(readdirSync(folder), ['.fleet.tgz.1.new', 'fleet.tgz']);
  });
});

test('says so when the place cannot be written to', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), '');
    assert.is((await failure(writeArchive(join(folder, 'file', 'a.tgz'), SEEDS))).code, 'out-unwritable');
  });
});

test.run();
