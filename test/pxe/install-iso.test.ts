import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readIso } from '../../src/iso9660-builder/index.ts';
import { appended, cpio } from '../../src/netboot/cpio.ts';
import { stackseed } from '../cli/command.ts';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { layImage, layInstaller, layInventory, macs } from './fleet.ts';

const BOOT =
  '{ network: manage, server: 10.77.0.1, ipxe: image/snponly.efi, images: { debian-12: { from: image } } }';
const LOADERS = ['/usr/lib/ISOLINUX/isolinux.bin', '/usr/lib/syslinux/modules/bios/ldlinux.c32'];
const withLoaders = LOADERS.every(existsSync) || process.env['CI'] === 'true' ? test : test.skip;

const seed = new Map([
  ['user-data', Buffer.from('#cloud-config\n')],
  ['preseed.cfg', Buffer.from('d-i a/b string c\n')],
  ['empty', Buffer.alloc(0)],
  ['bytes', Buffer.from([0, 255, 10, 13])],
]);

needs(test, 'cpio')('cpio reads back what was packed, readable by root alone', async () => {
  await withFolder((folder) => {
    const ran = spawnSync('cpio', ['-i', '--quiet', '-D', folder], { input: cpio(seed), encoding: 'utf8' });
    assert.is(`${ran.status}${ran.stderr}`, '0');
    assert.equal(readdirSync(folder).sort(), [...seed.keys()].sort());
    for (const [name, content] of seed) {
      assert.equal(readFileSync(join(folder, name)), content);
      assert.is(statSync(join(folder, name)).mode & 0o777, 0o600);
    }
  });
});

test('an archive has the same bytes in whatever order, begins at a multiple of 4, and takes no path', () => {
  const bytes = cpio(seed);
  assert.equal(bytes, cpio(new Map([...seed].reverse())));
  for (const length of [0, 1, 2, 3, 4, 5]) {
    const both = appended(Buffer.alloc(length, 1), bytes);
    assert.is(both.indexOf('070701') % 4, 0);
    assert.is(both.length - bytes.length, Math.ceil(length / 4) * 4);
  }
  for (const name of ['../x', 'a/b', '/x', '', '.', '-x', 'a\nb']) {
    assert.throws(() => cpio(new Map([[name, Buffer.alloc(1)]])));
  }
});

async function built(folder: string): Promise<Buffer> {
  layImage(join(folder, 'image'));
  const out = join(folder, 'out');
  layInstaller(out, 'web', macs.web, { 'preseed.cfg': 'd-i a/b string c\n', 'user-data': '#cloud-config\n' });
  const tree = join(folder, 'pxe');
  const pxe = await stackseed(['pxe', '-i', layInventory(folder, BOOT), '-o', tree]);
  assert.is(`${pxe.status}${pxe.stderr}`, '0');
  const ran = await stackseed(['install-iso', 'web', '-o', tree, '--out', out, '--to', join(folder, 'iso')]);
  assert.is(`${ran.status}${ran.stderr}`, '0');
  assert.equal(readdirSync(join(folder, 'iso')), ['web.iso']);
  assert.is(statSync(join(folder, 'iso/web.iso')).mode & 0o777, 0o600);
  return readFileSync(join(folder, 'iso/web.iso'));
}

withLoaders('the ISO holds kernel, initrd with preseed and seed, and what both firmwares boot', async () => {
  await withFolder(async (folder) => {
    const { files } = readIso(await built(folder)).rockRidge;
    const text = (path: string) => files.get(path)?.content.toString('latin1') ?? '';
    assert.is(text('boot/linux'), 'linux\n');
    assert.match(text('boot/initrd.gz'), /^initrd\.gz\n\0*070701/);
    for (const part of ['preseed.cfg', 'd-i a/b string c\n', 'user-data', '#cloud-config\n', 'TRAILER!!!'])
      assert.match(text('boot/initrd.gz'), part);
    assert.match(text('isolinux/isolinux.cfg'), 'LINUX /boot/linux');
    const mark = [...files.keys()].find((path) => path.startsWith('stackseed/')) ?? '';
    assert.match(text('grub/grub.cfg'), `search --no-floppy --set=root --file '/${mark}'`);
    writeFileSync(join(folder, 'efi.img'), files.get('boot/efi.img')?.content ?? '');
    for (const path of ['grub/grub.cfg', 'debian-installer/amd64/grub/grub.cfg']) {
      const ran = spawnSync('mtype', ['-i', join(folder, 'efi.img'), `::${path}`], { encoding: 'utf8' });
      assert.is(ran.stdout, text('grub/grub.cfg'));
    }
  });
});

withLoaders('the same seed gives the same ISO, wherever, whenever and by whomever it is built', async () => {
  const first = await withFolder(built);
  const zone = process.env['TZ'];
  const mask = process.umask(0o077);
  process.env['TZ'] = 'Asia/Tokyo';
  try {
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const second = await withFolder(async (folder) => {
      mkdirSync(join(folder, 'other place'));
      chmodSync(join(folder, 'other place'), 0o755);
      return built(join(folder, 'other place'));
    });
    assert.ok(first.equals(second));
  } finally {
    process.umask(mask);
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('who cannot be installed from an ISO is told why', async () => {
  await withFolder(async (folder) => {
    layImage(join(folder, 'image'));
    const tree = join(folder, 'pxe');
    await stackseed(['pxe', '-i', layInventory(folder, BOOT), '-o', tree]);
    const out = join(folder, 'out');
    const build = () =>
      stackseed(['install-iso', 'web', '-o', tree, '--out', out, '--to', join(folder, 'iso')]);
    assert.match((await build()).stderr, 'not-installable');
    layInstaller(out, 'web', macs.web, {});
    const file = join(out, 'hosts/web/installer.json');
    const written = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...written, kind: 'autoinstall' }));
    assert.match((await build()).stderr, 'install-iso-kind');
    writeFileSync(file, JSON.stringify({ ...written, platform: 'debian-13' }));
    assert.match((await build()).stderr, 'image-missing');
    writeFileSync(file, JSON.stringify({ ...written, cmdline: ['a b'] }));
    assert.match((await build()).stderr, 'kernel-argument');
    assert.not.ok(existsSync(join(folder, 'iso')));
  });
});

test.run();
