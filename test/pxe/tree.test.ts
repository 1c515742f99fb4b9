import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arm, disarm, readArms } from '../../src/netboot/index.ts';
import { stackseed } from '../cli/command.ts';
import { root, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { layImage, layInstaller, layInventory, macs } from './fleet.ts';

const BOOT =
  '{ network: manage, server: 10.77.0.1, dhcp: authoritative, ipxe: image/snponly.efi, images: { debian-12: { from: image } } }';
const urls = { http: 'http://10.77.0.1' };

/** Every file of a tree: its mode and text. */
function read(folder: string, below = ''): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) for (const [name, text] of read(folder, path)) files.set(name, text);
    else files.set(path, readFileSync(join(folder, path), 'utf8'));
  }
  return new Map([...files].sort());
}

async function withTree(use: (tree: string, folder: string) => Promise<void>, boot = BOOT): Promise<void> {
  await withFolder(async (folder) => {
    layImage(join(folder, 'image'));
    const out = join(folder, 'out');
    layInstaller(out, 'web', macs.web, {
      'preseed.cfg': 'd-i a/b string c\n',
      'user-data': '#cloud-config\n',
    });
    layInstaller(out, 'db', macs.db, { 'preseed.cfg': 'd-i a/b string d\n' });
    const tree = join(folder, 'pxe');
    const ran = await stackseed(['pxe', '-i', layInventory(folder, boot), '-o', tree]);
    assert.is(`${ran.status}${ran.stderr}`, '0');
    await use(tree, folder);
  });
}

test('the tree is the golden one, each time and to the byte; a second run touches nothing', async () => {
  await withTree(async (tree, folder) => {
    const files = read(tree);
    const text = [...files]
      .map(([path, content]) => `===== ${path}\n${content.replaceAll(folder, '/srv')}`)
      .join('');
    const golden = join(root, 'test/pxe/golden.txt');
    if (process.env['UPDATE'] === '1') writeFileSync(golden, text);
    assert.is(text, readFileSync(golden, 'utf8'));
    const before = statSync(join(tree, 'tree.json')).mtimeMs;
    const again = await stackseed(['pxe', '-i', join(folder, 'inventory.yaml'), '-o', tree]);
    assert.match(again.stdout, 'right already');
    assert.is(statSync(join(tree, 'tree.json')).mtimeMs, before);
    assert.equal(read(tree), files);
  });
});

test('iPXE for UEFI has to be a file; beside another DHCP server it is missed', async () => {
  await withTree(async (tree, folder) => {
    for (const [change, status, says] of [
      [BOOT.replace('snponly', 'other'), 1, /boot\.ipxe\]: .*other\.efi is no file.*file-missing/],
      [BOOT.replace('authoritative', 'proxy'), 0, /^$/],
      [
        BOOT.replace('authoritative', 'proxy').replace(/ipxe: \S+ /, ''),
        0,
        /another DHCP server .*loader-missing/,
      ],
    ] as const) {
      const ran = await stackseed(['pxe', '-i', layInventory(folder, change), '-o', tree]);
      assert.is(ran.status, status, ran.stderr);
      assert.match(ran.stderr, says);
    }
  });
});

test('arming adds boot files with a token; disarming takes all of it away', async () => {
  await withTree(async (tree, folder) => {
    const local = read(tree);
    const [armed] = await arm(tree, join(folder, 'out'), ['web'], urls);
    assert.match(armed?.token ?? '', /^[0-9a-f]{32}$/);
    assert.equal(await readArms(tree), [armed]);
    const added = [...read(tree).keys()].filter((path) => !local.has(path));
    assert.equal(added, [
      'arms.json',
      `tftp/hosts/${macs.web}.cfg`,
      'tftp/pxelinux.cfg/01-52-54-00-77-00-11',
      `www/hosts/${macs.web}.cfg`,
      'www/ipxe/hosts/52-54-00-77-00-11.ipxe',
      `www/t/${armed?.token}/preseed.cfg`,
      `www/t/${armed?.token}/user-data`,
    ]);
    for (const [path, text] of local) assert.is(readFileSync(join(tree, path), 'utf8'), text, path);
    const md5 = createHash('md5').update('d-i a/b string c\n').digest('hex');
    const boot = readFileSync(join(tree, 'tftp/pxelinux.cfg/01-52-54-00-77-00-11'), 'utf8');
    assert.match(
      boot,
      `preseed/url=http://10.77.0.1/t/${armed?.token}/preseed.cfg preseed/url/checksum=${md5} `,
    );
    assert.is(await disarm(tree, 'web'), true);
    assert.is(await disarm(tree, 'web'), false);
    const after = read(tree);
    assert.is(after.get('arms.json'), '[]\n');
    after.delete('arms.json');
    assert.equal(after, local);
  });
});

test('arming again gives another token, and the old one leads nowhere', async () => {
  await withTree(async (tree, folder) => {
    const [first] = await arm(tree, join(folder, 'out'), ['web'], urls);
    const [second] = await arm(tree, join(folder, 'out'), ['web', 'web'], urls);
    assert.is.not(first?.token, second?.token);
    assert.equal(readdirSync(join(tree, 'www/t')), [second?.token]);
    for (const [path, text] of read(tree)) assert.not.match(text, first?.token ?? '', path);
  });
});

test('secrets and tokens are not for everybody on the machine, the rest is', async () => {
  await withTree(async (tree, folder) => {
    const mask = process.umask(0o077);
    try {
      await arm(tree, join(folder, 'out'), ['web'], urls);
      const token = readdirSync(join(tree, 'www/t'))[0] ?? '';
      const mode = (path: string) => (statSync(join(tree, path)).mode & 0o7777).toString(8);
      assert.is(mode('arms.json'), '600');
      assert.is(mode('www/t'), '2751');
      assert.is(mode(`www/t/${token}`), '2750');
      assert.is(mode(`www/t/${token}/user-data`), '640');
      assert.is(mode('www/images/debian-12/linux'), '644');
      assert.is(mode(`tftp/hosts/${macs.web}.cfg`), '644');
      assert.is(mode('tftp/hosts'), '755');
    } finally {
      process.umask(mask);
    }
  });
});

test('all hosts are armed, or none', async () => {
  await withTree(async (tree, folder) => {
    const before = read(tree);
    const out = join(folder, 'out');
    for (const bad of ['nobody', '../web', '']) {
      const ran = await stackseed(['pxe', 'arm', 'web', bad, '-o', tree, '--out', out]);
      assert.is(ran.status, 1);
      assert.match(ran.stderr, 'not-installable');
    }
    layInstaller(out, 'db', macs.db, {}, ['quiet\nDEFAULT evil']);
    assert.match(
      (await stackseed(['pxe', 'arm', 'web', 'db', '-o', tree, '--out', out])).stderr,
      'kernel-argument',
    );
    layInstaller(out, 'db', macs.web, {});
    assert.match(
      (await stackseed(['pxe', 'arm', 'web', 'db', '-o', tree, '--out', out])).stderr,
      'mac-armed-twice',
    );
    const file = join(out, 'hosts/db/installer.json');
    const written = JSON.parse(readFileSync(file, 'utf8'));
    for (const change of [
      { platform: '../../x' },
      { host: 'web' },
      { macs: [] },
      { files: { '../x': 'y' } },
    ]) {
      writeFileSync(file, JSON.stringify({ ...written, macs: [macs.db], ...change }));
      const ran = await stackseed(['pxe', 'arm', 'web', 'db', '-o', tree, '--out', out]);
      assert.match(ran.stderr, 'installer-unreadable', JSON.stringify(change));
    }
    writeFileSync(file, JSON.stringify({ ...written, macs: [macs.db], platform: 'debian-13' }));
    assert.match(
      (await stackseed(['pxe', 'arm', 'web', 'db', '-o', tree, '--out', out])).stderr,
      'image-missing',
    );
    assert.equal(read(tree), before);
  });
});

test('building anew keeps who is armed and drops what nobody stands for', async () => {
  await withTree(async (tree, folder) => {
    const [armed] = await arm(tree, join(folder, 'out'), ['web'], urls);
    const before = read(tree);
    mkdirSync(join(tree, 'www/t/ffff'));
    writeFileSync(join(tree, 'tftp/hosts/52:54:00:77:00:99.cfg'), 'boot\n');
    const ran = await stackseed(['pxe', '-i', join(folder, 'inventory.yaml'), '-o', tree]);
    assert.match(ran.stdout, 'armed: web');
    assert.equal(read(tree), before);
    assert.equal(readdirSync(join(tree, 'www/t')), [armed?.token]);
    rmSync(join(tree, 'arms.json'));
    await stackseed(['pxe', '-i', join(folder, 'inventory.yaml'), '-o', tree]);
    assert.equal(readdirSync(join(tree, 'www/t')), []);
    assert.equal(readdirSync(join(tree, 'tftp/pxelinux.cfg')), ['default']);
  });
});

test('the commands say what they did, also to programs, and never the token', async () => {
  await withTree(async (tree, folder) => {
    const at = ['-o', tree];
    assert.is((await stackseed(['pxe', 'list', ...at])).stdout, 'nobody is armed\n');
    const json = await stackseed(['pxe', 'arm', 'web', 'db', ...at, '--out', join(folder, 'out'), '--json']);
    const { armed } = JSON.parse(json.stdout);
    assert.equal(
      armed.map(({ host, macs }: { host: string; macs: string[] }) => [host, macs]),
      [
        ['db', [macs.db]],
        ['web', [macs.web]],
      ],
    );
    const list = await stackseed(['pxe', 'list', ...at]);
    for (const { token } of await readArms(tree)) assert.not.match(`${json.stdout}${list.stdout}`, token);
    const gone = await stackseed(['pxe', 'disarm', 'web', 'nobody', ...at]);
    assert.is(gone.stdout, 'disarmed   web\nnot armed  nobody\n');
    assert.match((await stackseed(['pxe', 'list', '-o', folder])).stderr, 'no-tree');
  });
});

test('an image that is cut off, changed or incomplete is not taken, and the old one stays', async () => {
  await withTree(async (tree, folder) => {
    const image = join(folder, 'image');
    const build = () => stackseed(['pxe', '-i', join(folder, 'inventory.yaml'), '-o', tree]);
    const before = read(tree);
    const sum = createHash('sha256').update('linux\n').digest('hex');
    writeFileSync(join(image, 'SHA256SUMS'), `${sum}  ./debian-installer/amd64/linux\n`);
    assert.is((await build()).status, 0);
    writeFileSync(join(image, 'debian-installer/amd64/linux'), 'other\n');
    assert.match((await build()).stderr, 'image-checksum');
    rmSync(join(image, 'debian-installer/amd64/linux'));
    writeFileSync(join(folder, 'secret'), 'secret\n');
    symlinkSync(join(folder, 'secret'), join(image, 'debian-installer/amd64/linux'));
    assert.match((await build()).stderr, 'image-incomplete');
    assert.equal(read(tree), before);
  });
});

needs(test, 'dpkg-deb')('a package has its files as deep as Debian puts them', async () => {
  await withTree(async (tree, folder) => {
    const content = join(folder, 'package');
    layImage(join(content, 'usr/lib/debian-installer/images/12/amd64/text'));
    mkdirSync(join(content, 'DEBIAN'));
    const control = 'Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example>\nDescription: x\n';
    writeFileSync(join(content, 'DEBIAN/control'), control);
    spawnSync('dpkg-deb', ['--build', content, join(folder, 'package.deb')]);
    const boot = BOOT.replace('from: image', `from: ${join(folder, 'package.deb')}`);
    const ran = await stackseed(['pxe', '-i', layInventory(folder, boot), '-o', tree]);
    assert.is(ran.status, 0, ran.stderr);
    assert.is(readFileSync(join(tree, 'www/images/debian-12/linux'), 'utf8'), 'linux\n');
  });
});

needs(test, 'tar')(
  'an archive comes from a mirror with its checksums, from a URL or a file with its own',
  async () => {
    await withFolder(async (folder) => {
      layImage(join(folder, 'image'));
      const archive = join(folder, 'netboot.tar.gz');
      spawnSync('tar', ['-czf', archive, '-C', join(folder, 'image'), '.']);
      const bytes = readFileSync(archive);
      let sum = createHash('sha256').update(bytes).digest('hex');
      const right = sum;
      const base = '/debian/dists/bookworm/main/installer-amd64/current/images';
      const server = createServer((request, response) => {
        if (request.url === `${base}/netboot/netboot.tar.gz` || request.url === '/x.tar.gz')
          response.end(bytes);
        else if (request.url === `${base}/SHA256SUMS`) response.end(`${sum}  ./netboot/netboot.tar.gz\n`);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const build = async (from: string, sha256?: string) => {
        const image = `{ from: "${from}"${sha256 ? `, sha256: "${sha256}"` : ''} }`;
        const inventory = layInventory(folder, BOOT.replace('{ from: image }', image));
        rmSync(join(folder, 'pxe'), { recursive: true, force: true });
        return stackseed(['pxe', '-i', inventory, '-o', join(folder, 'pxe')]);
      };
      try {
        assert.is((await build(`${host}/debian`)).status, 0);
        assert.is(readFileSync(join(folder, 'pxe/www/images/debian-12/linux'), 'utf8'), 'linux\n');
        assert.not.ok(existsSync(join(folder, 'pxe/.work')));
        sum = 'ab'.repeat(32);
        assert.match((await build(`${host}/debian`)).stderr, 'image-checksum');
        assert.match((await build(`${host}/ubuntu`)).stderr, /image-download.*404|404.*image-download/);
        assert.match((await build(`${host}/x.tar.gz`)).stderr, 'image-unchecked');
        assert.is((await build(`${host}/x.tar.gz`, right)).status, 0);
        assert.match((await build(`${host}/x.tar.gz`, sum)).stderr, 'image-checksum');
        assert.is((await build(archive)).status, 0);
        assert.match((await build(archive, sum)).stderr, 'image-checksum');
        writeFileSync(archive, bytes.subarray(0, 100));
        assert.match((await build(archive)).stderr, 'image-unpack');
        assert.not.ok(existsSync(join(folder, 'pxe/tree.json')));
      } finally {
        server.close();
      }
    });
  },
);

test.run();
