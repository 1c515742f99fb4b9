import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { type HostFiles, installedHosts, textOf } from './fleet.ts';
import { PROXY, type PretendDisk, type Run, runEarlyCommand, runInInstaller } from './pretend-installer.ts';

const hosts = await installedHosts('debian-12');
const xenial = await installedHosts('ubuntu-16.04');
const filesOf = (name: string): HostFiles => hosts.get(name) ?? new Map();
const envOf = (name: string): string => textOf(filesOf(name), 'install.env');

const disk = (name: string, megabytes: number, more: Partial<PretendDisk> = {}): PretendDisk => ({
  name,
  megabytes,
  ...more,
});
const NAMED = 'nvme-eui.0025385b71b0a5c5';
const SPARED = 'wwn-0x5000c500a1b2c3d4';

/** An install.env with other disks than its own. */
function withDisks(env: string, ...lines: string[]): string {
  return env.replace(/^INSTALL_DISKS='[^']*'$/m, `INSTALL_DISKS='${lines.join('\n')}'`);
}

interface Case {
  name: string;
  env: string;
  disks: PretendDisk[];
  uefi?: boolean;
  mounts?: string;
  /** Disks that must have been chosen, or words that must have been said while it waits. */
  wants: string | RegExp;
}

const plain = envOf('plain');
const cases: Case[] = [
  { name: 'the only disk', env: plain, disks: [disk('vda', 10_000)], wants: '/dev/vda' },
  {
    name: 'the only disk beside a stick and the medium of the installer',
    env: plain,
    disks: [disk('sda', 32_000, { removable: true }), disk('sdb', 4_000), disk('sdc', 10_000)],
    mounts: '/dev/sdb1 /cdrom iso9660 ro 0 0\n',
    wants: '/dev/sdc',
  },
  {
    name: 'only, and there are two',
    env: plain,
    disks: [disk('sda', 10_000), disk('sdb', 20_000)],
    wants: /more disks than 1: \/dev\/sda of 10000 MB, \/dev\/sdb of 20000 MB/,
  },
  { name: 'no disk', env: plain, disks: [], wants: /waits for 1 disk\(s\) by the rule only: none is there/ },
  { name: 'a disk without a medium in it', env: plain, disks: [disk('sda', 0)], wants: /none is there/ },
  {
    name: 'a disk that is too small',
    env: plain,
    disks: [disk('vda', 5_000)],
    wants: /\/dev\/vda has 5000 MB, and the recipe needs 5600/,
  },
  {
    name: 'the smallest',
    env: withDisks(plain, 'smallest 1 0 0 -'),
    disks: [disk('sda', 90_000), disk('sdb', 8_000), disk('nvme0n1', 10_000)],
    wants: '/dev/sdb',
  },
  {
    name: 'the smallest by number, not by letters',
    env: withDisks(plain, 'smallest 1 0 0 -'),
    disks: [disk('sda', 100_000), disk('sdb', 20_000)],
    wants: '/dev/sdb',
  },
  {
    name: 'the largest',
    env: withDisks(plain, 'largest 1 0 0 -'),
    disks: [disk('sda', 9_000), disk('sdb', 80_000)],
    wants: '/dev/sdb',
  },
  {
    name: 'the smallest of equal ones',
    env: withDisks(plain, 'smallest 1 0 0 -'),
    disks: [disk('sda', 9_000), disk('sdb', 9_000), disk('sdc', 10_000)],
    wants: /does not tell equal disks apart/,
  },
  {
    name: 'the largest of equal ones',
    env: withDisks(plain, 'largest 1 0 0 -'),
    disks: [disk('sda', 9_000), disk('sdb', 9_000), disk('sdc', 8_000)],
    wants: /does not tell equal disks apart/,
  },
  {
    name: 'within sizes',
    env: withDisks(plain, 'only 1 50000 200000 -'),
    disks: [disk('sda', 9_000), disk('sdb', 100_000), disk('sdc', 900_000)],
    wants: '/dev/sdb',
  },
  {
    name: 'by name, whatever the kernel calls it',
    env: envOf('volumes'),
    disks: [disk('nvme1n1', 40_000, { ids: [SPARED] }), disk('nvme0n1', 90_000, { ids: [NAMED] })],
    wants: '/dev/nvme0n1',
  },
  {
    name: 'by name, and it is not there',
    env: envOf('volumes'),
    disks: [disk('sda', 90_000, { ids: [SPARED] })],
    wants: /waits for the disk \/dev\/disk\/by-id\/nvme-eui/,
  },
  {
    name: 'a rule leaves a disk alone that is for storage',
    env: withDisks(envOf('volumes'), 'smallest 1 0 0 -'),
    disks: [disk('sda', 31_000, { ids: [SPARED] }), disk('sdb', 90_000)],
    wants: '/dev/sdb',
  },
  {
    name: 'a rule leaves a disk alone that is named',
    env: withDisks(envOf('volumes'), `path 1 0 0 /dev/disk/by-id/${NAMED}`, 'smallest 1 0 0 -'),
    disks: [disk('sda', 31_000, { ids: [NAMED] }), disk('sdb', 90_000)],
    wants: '/dev/sda /dev/sdb',
  },
  {
    name: 'two for a mirror',
    env: envOf('mirror'),
    disks: [disk('sda', 120_000), disk('sdb', 120_000), disk('sdc', 400_000)],
    uefi: true,
    wants: '/dev/sda /dev/sdb',
  },
  {
    name: 'one for a mirror',
    env: envOf('mirror'),
    disks: [disk('sda', 120_000)],
    uefi: true,
    wants: /waits for 2 disk\(s\)/,
  },
  {
    name: 'booted by a BIOS where the inventory says UEFI',
    env: envOf('mirror'),
    disks: [disk('sda', 120_000), disk('sdb', 120_000)],
    wants: /not booted by uefi/,
  },
  {
    name: 'booted by UEFI where the inventory says BIOS',
    env: envOf('volumes'),
    disks: [disk('sda', 90_000, { ids: [NAMED] })],
    uefi: true,
    wants: /not booted by bios/,
  },
];

for (const { name, env, disks, uefi, mounts, wants } of cases) {
  needs(test, 'busybox')(`disks: ${name}`, () =>
    withFolder((folder) => {
      const patience = typeof wants === 'string' ? 20_000 : 2000;
      const run = runInInstaller(folder, 'early.sh', {
        env,
        disks,
        patience,
        ...(uefi && { uefi }),
        ...(mounts && { mounts }),
      });
      assert.is(run.stderr, '');
      if (typeof wants === 'string') {
        assert.is(run.status, 0);
        assert.is(run.read('tmp/stackseed/disks'), `${wants}\n`);
        assert.match(run.read('selections'), `d-i partman-auto/disk string ${wants}\n`);
        assert.match(run.read('selections'), `d-i grub-installer/bootdev string ${wants}\n`);
      } else {
        // It waits, says why once, and has touched nothing.
        assert.is(run.status, null);
        assert.is(run.said.length, 1);
        assert.match(run.said[0] ?? '', wants);
        assert.match(run.read('dev/console'), wants);
        assert.not.ok(run.has('selections'));
      }
    }),
  );
}

needs(
  test,
  'busybox',
  'debconf-set-selections',
)('what is set is what debconf reads, for each firmware and recipe', () =>
  withFolder((folder) => {
    const some = [disk('nvme0n1', 120_000, { ids: [NAMED] }), disk('nvme1n1', 120_000)];
    const runs: [string, string, boolean, RegExp[]][] = [
      [
        'bios',
        envOf('volumes'),
        false,
        [/expert_recipe string stackseed :: 1 1 1 free \$iflabel\{ gpt \} method\{ biosgrub \} \. /],
      ],
      [
        'uefi',
        withDisks(plain, `path 1 0 0 /dev/disk/by-id/${NAMED}`),
        true,
        [/expert_recipe string stackseed :: 538 538 538 free method\{ efi \} format\{ \} \. /],
      ],
      [
        'mirror',
        envOf('mirror'),
        true,
        [
          /recipe string 1 2 0 swap - \/dev\/nvme0n1p2#\/dev\/nvme1n1p2 \. 1 2 0 ext4 \/ \/dev\/nvme0n1p3#\/dev\/nvme1n1p3 \.$/m,
        ],
      ],
    ];
    for (const [name, env, uefi, wanted] of runs) {
      const own = join(folder, name);
      const run = runInInstaller(own, 'early.sh', { env, disks: some, uefi });
      const { status, stdout, stderr } = spawnSync(
        'debconf-set-selections',
        ['-c', join(own, 'selections')],
        { encoding: 'utf8' },
      );
      assert.equal([status, stdout, stderr], [0, '', ''], name);
      for (const one of wanted) assert.match(run.read('selections'), one);
      assert.is(
        run.read('tmp/stackseed/esps').trim(),
        name === 'mirror' ? '/dev/nvme0n1p1 /dev/nvme1n1p1' : '',
      );
    }
  }),
);

needs(test, 'busybox')('partitions of a mirror are counted as the table has them', () =>
  withFolder((folder) => {
    const bios = (env: string) => env.replace("INSTALL_FIRMWARE='uefi'", "INSTALL_FIRMWARE='bios'");
    const first = (name: string, env: string, megabytes: number): string => {
      const disks = [disk('sda', megabytes), disk('sdb', megabytes)];
      const any = withDisks(env, 'smallest 2 0 0 -');
      const run: Run = runInInstaller(join(folder, name), 'early.sh', { env: bios(any), disks });
      return /raid\/recipe string 1 2 0 swap - (\S+)/.exec(run.read('selections'))?.[1] ?? '';
    };
    const ofXenial = textOf(xenial.get('mirror') ?? new Map(), 'install.env');
    assert.is(first('gpt', envOf('mirror'), 120_000), '/dev/sda2#/dev/sdb2');
    assert.is(first('old', ofXenial, 120_000), '/dev/sda1#/dev/sdb1');
    assert.is(first('large', ofXenial, 3_000_000), '/dev/sda2#/dev/sdb2');
  }),
);

for (const [platform, fleet] of Object.entries({ 'debian-12': hosts, 'ubuntu-16.04': xenial }))
  needs(test, 'busybox')(`the boot server of ${platform} is asked directly, the mirror by its proxy`, () =>
    withFolder((folder) => {
      const served = fleet.get('plain') ?? new Map();
      const disks = [disk('sda', 120_000)];
      const run = runEarlyCommand(folder, textOf(served, 'preseed.cfg'), { served, disks });
      assert.is(run.stderr, '');
      assert.is(run.status, 0);
      assert.is(run.read('tmp/stackseed/late.sh'), textOf(served, 'late.sh'));
      assert.is(run.read('tmp/stackseed/disks'), '/dev/sda\n');
      assert.is(run.read('proxy'), PROXY);
    }),
  );

needs(test, 'busybox')('the seed is laid whole, for root alone, and nothing else decides the network', () =>
  withFolder((folder) => {
    mkdirSync(join(folder, 'target/etc/network'), { recursive: true });
    writeFileSync(join(folder, 'target/etc/network/interfaces'), 'iface ens3 inet dhcp\n');
    const files = filesOf('volumes');
    const run = runInInstaller(folder, 'late.sh', { env: envOf('volumes'), served: files });
    assert.is(run.stderr, '');
    assert.is(run.status, 0);
    const seed = join(folder, 'target/var/lib/cloud/seed/nocloud');
    assert.is(statSync(seed).mode & 0o777, 0o700);
    for (const name of ['user-data', 'meta-data', 'network-config']) {
      assert.is(readFileSync(join(seed, name), 'utf8'), textOf(files, name));
      assert.is(statSync(join(seed, name)).mode & 0o777, 0o600);
      assert.ok(run.said.includes(`waits for ${name} of the seed`));
    }
    assert.is(
      run.read('target/etc/network/interfaces'),
      'auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n',
    );
    assert.is(statSync(join(folder, 'target/etc/network/interfaces')).mode & 0o777, 0o644);
    assert.is(
      run.read('target/etc/cloud/cloud.cfg.d/99-stackseed.cfg'),
      'datasource_list: [NoCloud, None]\n',
    );
  }),
);

needs(test, 'busybox')('a seed that is not the one of the preseed is not taken', () =>
  withFolder((folder) => {
    const served = new Map([...filesOf('plain'), ['user-data', 'torn']]) as HostFiles;
    const run = runInInstaller(folder, 'late.sh', { env: envOf('plain'), served, patience: 1500 });
    assert.is(run.status, null);
    assert.ok(run.said.filter((one) => one === 'waits for user-data of the seed').length > 1);
  }),
);

needs(test, 'busybox')('each disk of a mirror gets the boot loader', () =>
  withFolder((folder) => {
    mkdirSync(join(folder, 'tmp/stackseed'), { recursive: true });
    writeFileSync(join(folder, 'tmp/stackseed/esps'), '/dev/sda1 /dev/sdb1\n');
    mkdirSync(join(folder, 'esp-sdb1'));
    mkdirSync(join(folder, 'target/boot/efi/EFI/BOOT'), { recursive: true });
    writeFileSync(join(folder, 'target/boot/efi/EFI/BOOT/BOOTX64.EFI'), 'grub');
    const mounts = '/dev/sda1 /target/boot/efi vfat rw 0 0\n';
    const run = runInInstaller(folder, 'late.sh', {
      env: envOf('mirror'),
      served: filesOf('mirror'),
      mounts,
    });
    assert.is(run.stderr, '');
    assert.is(run.status, 0);
    assert.is(run.read('mounted'), 'mount /dev/sdb1\n');
    assert.is(run.read('esp-sdb1/EFI/BOOT/BOOTX64.EFI'), 'grub');
  }),
);

test.run();
