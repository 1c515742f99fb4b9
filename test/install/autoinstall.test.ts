import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { withFolder } from '../fixtures.ts';
import { autoinstallRules, type StorageAction, storageProblems } from './autoinstall-rules.ts';
import { type HostFiles, installedHosts, installerOf, textOf } from './fleet.ts';
import { runInLiveSession } from './pretend-installer.ts';

interface WriteFile {
  path: string;
  permissions: string;
  encoding?: string;
  content: string;
}

const hosts = await installedHosts('ubuntu-24.04');

function read(files: HostFiles): { config: unknown; laid: Map<string, string> } {
  const user = parse(textOf(files, 'autoinstall.yaml'), { version: '1.1' }) as {
    autoinstall: unknown;
    write_files: WriteFile[];
  };
  assert.equal(Object.keys(user).sort(), ['autoinstall', 'write_files']);
  const laid = user.write_files.map(({ path, permissions, encoding, content }): [string, string] => {
    assert.is(permissions, '0600');
    return [path, Buffer.from(content, encoding === 'b64' ? 'base64' : 'utf8').toString('utf8')];
  });
  return { config: user.autoinstall, laid: new Map(laid) };
}

for (const [name, files] of hosts) {
  test(`autoinstall of ${name} keeps the rules of its reference, for each firmware`, () => {
    const { config, laid } = read(files);
    for (const by of ['bios', 'uefi'] as const) {
      const own = parse(laid.get(`/run/stackseed/${by}.yaml`) ?? '', { version: '1.1' });
      const checked = autoinstallRules.parse(own);
      assert.equal(storageProblems(checked.storage.config, by), [], by);
      if (by === 'uefi') assert.equal(config, own);
    }
  });

  test(`the seed of ${name} is in its autoinstall, to the byte`, () => {
    const { laid } = read(files);
    for (const part of ['user-data', 'meta-data', 'network-config'])
      assert.is(laid.get(`/run/stackseed/seed/${part}`), textOf(files, part));
    assert.equal(installerOf(files).files, { 'meta-data': 'meta-data', 'user-data': 'autoinstall.yaml' });
    assert.is(installerOf(files).kind, 'autoinstall');
    assert.is(installerOf(files).cmdline[0], 'autoinstall');
  });
}

test('the rules find what is wrong', () => {
  const { laid } = read(hosts.get('mirror') ?? new Map());
  const right = () =>
    parse(laid.get('/run/stackseed/uefi.yaml') ?? '', { version: '1.1' }) as Record<string, unknown>;
  assert.ok(autoinstallRules.safeParse(right()).success);
  assert.not.ok(autoinstallRules.safeParse({ ...right(), packges: [] }).success);
  assert.not.ok(autoinstallRules.safeParse({ ...right(), version: 2 }).success);
  assert.not.ok(autoinstallRules.safeParse({ ...right(), keyboard: { layouts: 'us' } }).success);
  const { config } = autoinstallRules.parse(right()).storage;
  const without = (type: StorageAction['type']) => config.filter((one) => one.type !== type);
  for (const type of ['disk', 'partition', 'format', 'raid', 'mount'] as const)
    assert.ok(storageProblems(without(type), 'uefi').length > 0, type);
  assert.ok(storageProblems(config, 'bios').length > 0);
  assert.ok(storageProblems([...config].reverse(), 'uefi').length > 0);
});

test('the live session gets the disks and the firmware that it has', () =>
  withFolder((folder) => {
    const { laid } = read(hosts.get('mirror') ?? new Map());
    const disks = ['nvme0n1', 'nvme1n1'].map((name) => ({ name, megabytes: 200_000 }));
    const run = runInLiveSession(folder, 'early.sh', { laid, disks, uefi: true });
    assert.is(run.stderr, '');
    assert.is(run.status, 0);
    const { storage } = autoinstallRules.parse(parse(run.read('autoinstall.yaml'), { version: '1.1' }));
    assert.equal(
      storage.config.flatMap((one) => (one.type === 'disk' ? [one.path] : [])),
      ['/dev/nvme0n1', '/dev/nvme1n1'],
    );
    assert.equal(storageProblems(storage.config, 'uefi'), []);
    assert.not.match(run.read('autoinstall.yaml'), '/dev/stackseed');
  }));

test('the live session waits where the disks do not fit', () =>
  withFolder((folder) => {
    const { laid } = read(hosts.get('mirror') ?? new Map());
    const disks = [{ name: 'sda', megabytes: 200_000 }];
    const run = runInLiveSession(folder, 'early.sh', { laid, disks, uefi: true, patience: 2000 });
    assert.is(run.status, null);
    assert.match(run.said[0] ?? '', /waits for 2 disk\(s\)/);
    assert.not.ok(run.has('autoinstall.yaml'));
  }));

test('the installed Ubuntu listens to its seed alone', () =>
  withFolder((folder) => {
    const files = hosts.get('volumes') ?? new Map();
    const { laid } = read(files);
    const left = [
      'etc/cloud/cloud-init.disabled',
      'etc/cloud/cloud.cfg.d/99-installer.cfg',
      'etc/cloud/cloud.cfg.d/90-installer-network.cfg',
      'etc/netplan/50-cloud-init.yaml',
    ].map((path) => join(folder, 'target', path));
    for (const path of left) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'of the installer\n');
    }
    const cmdline = 'initrd=initrd autoinstall ds=nocloud;s=http://192.168.1.2/t/0123/ console=ttyS1\n';
    const run = runInLiveSession(folder, 'late.sh', { laid, cmdline });
    assert.is(run.stderr, '');
    assert.is(run.status, 0);
    for (const path of left) assert.throws(() => statSync(path), /ENOENT/, path);
    const seed = join(folder, 'target/var/lib/cloud/seed/nocloud');
    for (const part of ['user-data', 'meta-data', 'network-config']) {
      assert.is(readFileSync(join(seed, part), 'utf8'), textOf(files, part));
      assert.is(statSync(join(seed, part)).mode & 0o777, 0o600);
    }
    assert.is(
      run.read('target/etc/cloud/cloud.cfg.d/99-stackseed.cfg'),
      'datasource_list: [NoCloud, None]\n',
    );
    assert.is(
      run.read('target/etc/default/grub.d/99-stackseed.cfg'),
      'GRUB_CMDLINE_LINUX_DEFAULT="mitigations=auto intel_iommu=on console=tty0 console=ttyS1,115200n8"\n',
    );
    assert.match(run.read('ran'), `curtin in-target --target=${folder}/target -- update-grub\n`);
    assert.match(run.read('ran'), `chpasswd --encrypted --root ${folder}/target root:$6$saltsalt$`);
    // Nobody answers there, and the installation ends well all the same.
    assert.is(run.read('asked'), 'http://192.168.1.2/t/0123/finished\n');
  }));

test.run();
