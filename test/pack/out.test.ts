import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listStale, openOut, packHost, pruneHost } from '../../src/pack/index.ts';
import { failure } from '../iso/failure.ts';
import { inFolder } from '../iso/folder.ts';
import { contents, seed } from './seeds.ts';

const PACKER = fileURLToPath(new URL('packer.ts', import.meta.url));

/** Another process that packs two versions of the same hosts in turn, until it is killed. */
async function startPacker(out: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', PACKER, out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('finds every host whole after a run was killed, wherever that was', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'out');
    for (let round = 0; round < 8; round++) {
      const child = await startPacker(path);
      await sleep(3 + 7 * round + Math.random() * 7);
      await kill(child);
      const out = await openOut(path);
      assert.equal(readdirSync(out.hosts), ['a', 'b', 'c']);
      for (const host of readdirSync(out.hosts)) {
        const files = contents(join(out.hosts, host));
        const version = files['user-data']?.split(/\s/)[1] ?? '';
        assert.ok(['even', 'odd'].includes(version), version);
        assert.equal(
          files,
          Object.fromEntries([...seed(version)].map(([name, { content }]) => [name, content])),
        );
      }
      await out.close();
      assert.equal(readdirSync(path), ['hosts']);
    }
  });
});

test('makes the folders that lead to it, and says so where none can be made', async () => {
  await inFolder(async (folder) => {
    const out = await openOut(join(folder, 'a/b/out'));
    await out.close();
    assert.equal(readdirSync(join(folder, 'a/b/out')), ['hosts']);
  });
  const { code } = await failure(openOut('/proc/nothing/out'));
  assert.is(code, 'out-unwritable');
});

test('goes on from every state that a killed run can leave', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'out');
    const begin = await openOut(path);
    for (const name of ['built', 'moved', 'done']) await packHost(begin, name, seed('old'));
    await begin.close();
    const hosts = join(path, 'hosts');
    const partly = (name: string) => {
      mkdirSync(join(hosts, name));
      writeFileSync(join(hosts, name, 'user-data'), 'half');
    };
    partly('.built.new');
    mkdirSync(join(hosts, '.built.new', '.seed.iso.work'));
    renameSync(join(hosts, 'moved'), join(hosts, '.moved.old'));
    partly('.moved.new');
    partly('.done.old');

    const out = await openOut(path);
    assert.equal(readdirSync(hosts), ['built', 'done', 'moved']);
    for (const name of readdirSync(hosts))
      assert.is(contents(join(hosts, name))['user-data'], 'user-data old\n', name);
    await out.close();
  });
});

test('keeps foreign files that came into a folder while it was replaced', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'out');
    const begin = await openOut(path);
    await packHost(begin, 'cnt1', seed('1'));
    await begin.close();
    const old = join(path, 'hosts', '.cnt1.old');
    mkdirSync(old);
    writeFileSync(join(old, 'notes.txt'), 'mine');
    assert.is((await failure(openOut(path))).code, 'out-foreign-file');
    assert.equal(contents(old), { 'notes.txt': 'mine' });
    assert.equal(readdirSync(path), ['hosts']);
  });
});

test('lets one run at a time into the folder', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'out');
    const first = await openOut(path);
    const again = await failure(openOut(path));
    assert.is(again.code, 'out-busy');
    assert.match(again.message, `process ${process.pid}`);
    await first.close();
    await (await openOut(path)).close();

    const child = await startPacker(path);
    const found = await failure(openOut(path));
    assert.is(found.code, 'out-busy');
    assert.match(found.message, `process ${child.pid}`);
    await kill(child);
    await (await openOut(path)).close();
    assert.equal(readdirSync(path), ['hosts']);
  });
});

test('takes over what dead runs held, and nothing that another machine may hold', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'out');
    await (await openOut(path)).close();
    const machine = hostname().replace(/[^A-Za-z0-9-]/g, '-');
    // This process before it was this one; and one of before the last boot.
    writeFileSync(join(path, `.run.${process.pid}.1.0.${machine}`), '');
    writeFileSync(join(path, `.run.1.1.abcdef.${machine}`), '');
    await (await openOut(path)).close();
    assert.equal(readdirSync(path), ['hosts']);

    const claim = '.run.1.1.abcdef.of-another-machine';
    writeFileSync(join(path, claim), '');
    const found = await failure(openOut(path));
    assert.is(found.code, 'out-busy');
    assert.match(found.message, 'process 1 on of-another-machine');
    assert.match(found.hint ?? '', `remove ${join(path, claim)}`);
    assert.equal(readdirSync(path).sort(), [claim, 'hosts']);
  });
});

test('of many that start at once no two get in', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'out');
    await (await openOut(path)).close();
    const children = await Promise.all([1, 2, 3].map(() => tryPacker(path)));
    assert.ok(children.filter(({ entered }) => entered).length <= 1);
    for (const { child } of children) await kill(child);
  });
});

async function tryPacker(out: string): Promise<{ child: ChildProcess; entered: boolean }> {
  const child = spawn(process.execPath, ['--import', 'tsx', PACKER, out], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const entered = await new Promise<boolean>((resolve) => {
    child.stdout?.once('data', () => resolve(true));
    child.stdout?.once('end', () => resolve(false));
  });
  return { child, entered };
}

test('accepts a link as the output folder, and none inside it', async () => {
  await inFolder(async (folder) => {
    mkdirSync(join(folder, 'disk'));
    symlinkSync(join(folder, 'disk'), join(folder, 'out'));
    const out = await openOut(join(folder, 'out'));
    await packHost(out, 'cnt1', seed('1'));
    await out.close();
    assert.equal(readdirSync(join(folder, 'disk', 'hosts')), ['cnt1']);

    mkdirSync(join(folder, 'elsewhere'));
    rmSync(join(folder, 'disk', 'hosts'), { recursive: true });
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'disk', 'hosts'));
    assert.is((await failure(openOut(join(folder, 'out')))).code, 'out-foreign-file');
    assert.equal(readdirSync(join(folder, 'elsewhere')), []);
    assert.equal(readdirSync(join(folder, 'disk')), ['hosts']);
  });
});

test('says so when the output folder cannot be one', async () => {
  await inFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), '');
    for (const path of ['file', 'file/below']) {
      assert.is((await failure(openOut(join(folder, path)))).code, 'out-unwritable');
    }
  });
});

test('lists the hosts that left, and removes only what it wrote', async () => {
  await inFolder(async (folder) => {
    const out = await openOut(join(folder, 'out'));
    for (const name of ['a', 'b', 'c']) await packHost(out, name, seed('1'));
    writeFileSync(join(out.hosts, 'notes'), '');
    mkdirSync(join(out.hosts, 'Not_a_host'));
    symlinkSync(folder, join(out.hosts, 'link'));
    assert.equal(listStale(out, ['b', 'd']), ['a', 'c']);

    assert.equal(await pruneHost(out, 'a'), ['meta-data', 'network-config', 'user-data']);
    assert.equal(await pruneHost(out, 'a'), []);
    writeFileSync(join(out.hosts, 'c', 'notes'), 'mine');
    assert.is((await failure(pruneHost(out, 'c'))).code, 'out-foreign-file');
    assert.is((await failure(pruneHost(out, 'link'))).code, 'out-foreign-file');
    assert.equal(Object.keys(contents(join(out.hosts, 'c'))).length, 4);
    assert.equal(readdirSync(out.hosts), ['Not_a_host', 'b', 'c', 'link', 'notes']);
    await out.close();
  });
});

test.run();
