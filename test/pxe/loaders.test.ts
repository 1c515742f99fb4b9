import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Installer } from '../../src/install/types.ts';
import { armedTexts, commonTexts } from '../../src/netboot/boot-files.ts';
import { dnsmasqConf, dnsmasqValue } from '../../src/netboot/dnsmasq.ts';
import { grubQuoted } from '../../src/netboot/grub.ts';
import { ipxeValue } from '../../src/netboot/ipxe.ts';
import { checkArguments } from '../../src/netboot/kernel-arguments.ts';
import { pxelinuxValue } from '../../src/netboot/pxelinux.ts';
import { FindingsError } from '../../src/report/finding.ts';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';

/** What iPXE would replace. */
function setting(name: string): string {
  return `$\{${name}}`;
}

const hostile = [
  'a b',
  'a\tb',
  'a\nDEFAULT evil',
  'a\rb',
  'a\0b',
  'a"b',
  "a'b",
  'a\\b',
  setting('net0/mac'),
  `x${setting('y')}`,
  '#x',
  ';',
  '&&',
  '||',
  '',
  'ümlaut',
  '\u2028',
];
const harmless = [
  'ds=nocloud;s=http://10.0.0.1/t/ab/',
  'console=ttyS0,115200n8',
  'a=$b',
  'a={b}',
  '---',
  'a=`id`',
  'a=(b)<c>|d&e',
  'a=b;reboot',
  'a#b',
];

const installer: Installer = {
  host: 'web',
  platform: 'debian-12',
  kind: 'debian-installer',
  macs: ['52:54:00:00:00:01'],
  firmware: 'any',
  cmdline: harmless,
  files: {},
};
const arm = { host: 'web', macs: installer.macs, token: 'ab'.repeat(16), since: '2026-01-01T00:00:00.000Z' };
const urls = { http: 'http://10.0.0.1' };

for (const value of hostile) {
  test(`no loader is given ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => checkArguments('web', ['quiet', value]),
      (error: unknown) => error instanceof FindingsError && error.findings[0]?.code === 'kernel-argument',
    );
    assert.throws(() => armedTexts(arm, { ...installer, cmdline: [value] }, urls));
  });
}

test('what would break a line is refused by each writer itself, too', () => {
  for (const value of ['a\nb', 'a\rb', 'a\0b', 'ü', 'a\u2028b']) {
    assert.throws(() => pxelinuxValue(value));
    assert.throws(() => grubQuoted(value));
    assert.throws(() => ipxeValue(value));
  }
  assert.throws(() => dnsmasqValue('a\nb'));
  for (const value of ['a b', '']) {
    assert.throws(() => pxelinuxValue(value));
    assert.throws(() => ipxeValue(value));
  }
  for (const value of [setting('a'), '#a', ';', '&&', '||']) assert.throws(() => ipxeValue(value));
});

test('a command line that the kernel would cut off is refused', () => {
  checkArguments('web', ['a'.repeat(2047)]);
  assert.throws(() => checkArguments('web', ['a'.repeat(2048)]), /2048 characters/);
});

needs(test, 'bash')('GRUB reads back what was quoted, by the rules that it shares with sh', () => {
  const values = [...harmless, 'a b', "a'b", '"', '\\', '$x', '`id`', "''", '', '*', '~', '!x'];
  const script = `printf '%s\\0' ${values.map(grubQuoted).join(' ')}`;
  const { stdout } = spawnSync('bash', ['-c', script]);
  assert.equal(stdout.toString().split('\0').slice(0, -1), values);
});

needs(test, 'grub-script-check')(
  'grub-script-check takes every file for GRUB, and no broken one',
  async () => {
    await withFolder((folder) => {
      const texts = [...commonTexts(), ...armedTexts(arm, installer, urls, 'cd'.repeat(16))];
      const ours = texts.filter(([path]) => path.endsWith('.cfg'));
      assert.is(ours.length, 6);
      const file = join(folder, 'grub.cfg');
      for (const [path, text] of ours) {
        writeFileSync(file, text);
        const ran = spawnSync('grub-script-check', [file], { encoding: 'utf8' });
        assert.is(`${ran.status}${ran.stdout}${ran.stderr}`, '0', path);
      }
      writeFileSync(file, 'if linux /images/debian-12/linux; then\n');
      assert.is.not(spawnSync('grub-script-check', [file]).status, 0);
    });
  },
);

test('an argument of the kernel is in each loader’s file once, and whole', () => {
  const texts = armedTexts(arm, installer, urls, 'cd'.repeat(16));
  const append = /^ {2}APPEND (.*)$/m.exec(texts.get('tftp/pxelinux.cfg/01-52-54-00-00-00-01') ?? '')?.[1];
  const kernel = /^kernel (.*) \|\| goto wait$/m.exec(
    texts.get('www/ipxe/hosts/52-54-00-00-00-01.ipxe') ?? '',
  );
  const grub = /if linux (.*); then$/m.exec(texts.get('tftp/hosts/52:54:00:00:00:01.cfg') ?? '')?.[1];
  const args = append?.split(' ') ?? [];
  assert.equal(args.slice(-harmless.length), harmless);
  assert.equal(kernel?.[1]?.split(' ').slice(2), args);
  assert.equal(grub?.split(' ').slice(1), args.map(grubQuoted));
  assert.is(texts.get('tftp/hosts/52:54:00:00:00:01.cfg'), texts.get('www/hosts/52:54:00:00:00:01.cfg'));
});

test('Ubuntu’s installer is told its seed, its image and no cloud-config', () => {
  const ubuntu: Installer = {
    ...installer,
    platform: 'ubuntu-24.04',
    kind: 'autoinstall',
    cmdline: ['autoinstall'],
  };
  const text = armedTexts(arm, ubuntu, urls).get('tftp/hosts/52:54:00:00:00:01.cfg') ?? '';
  assert.match(text, `'ds=nocloud;s=http://10.0.0.1/t/${arm.token}/' `);
  assert.match(text, "'url=http://10.0.0.1/images/ubuntu-24.04/live.iso' 'cloud-config-url=/dev/null'");
});

test('what the host says itself is not said twice', () => {
  const cmdline = ['autoinstall', 'cloud-config-url=/dev/null', 'BOOTIF=01-52-54-00-00-00-07'];
  for (const kind of ['autoinstall', 'debian-installer'] as const) {
    const text = armedTexts(arm, { ...installer, kind, cmdline }, urls).get(
      'tftp/hosts/52:54:00:00:00:01.cfg',
    );
    for (const word of ['cloud-config-url', 'BOOTIF']) assert.is(text?.split(`'${word}=`).length, 2, word);
    assert.match(text ?? '', "'BOOTIF=01-52-54-00-00-00-07'");
  }
});

const network = {
  cidr: '10.0.0.0/24',
  gateway: '10.0.0.1',
  dns: ['10.0.0.1', '10.0.0.2'],
  domain: 'example.net',
  interface: 'eth1',
  ipxe: true,
  hosts: [{ name: 'web', macs: ['52:54:00:00:00:01', '52:54:00:00:00:02'], address: '10.0.0.11' }],
};
const places = { tftp: '/srv/pxe/tftp', http: 'http://10.0.0.9:8080' };

needs(test, 'dnsmasq')(
  'dnsmasq takes its file whatever the folder is called, and reads no more into it',
  async () => {
    await withFolder((folder) => {
      const file = join(folder, 'dnsmasq.conf');
      const odd = ['/srv/pxe/tftp', '/srv/a b, c#d/"e"\\f', '/srv/tftp,eth0', "/srv/it's", '/srv/ü'];
      for (const dhcp of ['authoritative', 'proxy', 'none'] as const) {
        for (const range of [undefined, { from: '10.0.0.100', to: '10.0.0.120' }]) {
          for (const tftp of odd) {
            const text = dnsmasqConf({ ...network, dhcp, ...(range && { range }) }, { ...places, tftp });
            writeFileSync(file, text);
            const ran = spawnSync('dnsmasq', ['--test', '-C', file], { encoding: 'utf8' });
            assert.is(`${ran.status} ${ran.stderr}`, '0 dnsmasq: syntax check OK.\n', `${dhcp} ${tftp}`);
          }
        }
      }
      writeFileSync(
        file,
        dnsmasqConf({ ...network, dhcp: 'proxy' }, places).replace('dhcp-range', 'dhcp-rage'),
      );
      assert.is.not(spawnSync('dnsmasq', ['--test', '-C', file]).status, 0);
    });
  },
);

test('dnsmasq answers every architecture, and iPXE by its user class', () => {
  const confOf = (dhcp: 'authoritative' | 'proxy' | 'none', ipxe: boolean) =>
    dnsmasqConf({ ...network, dhcp, ipxe }, places);
  for (const dhcp of ['authoritative', 'proxy'] as const) {
    const text = confOf(dhcp, true);
    assert.match(text, 'dhcp-userclass=set:ipxe,iPXE');
    assert.match(text, 'http://10.0.0.9:8080/ipxe/boot.ipxe');
  }
  for (const [arch, loader] of [
    [0, 'pxelinux.0'],
    [7, 'bootx64.efi'],
    [9, 'bootx64.efi'],
    [11, 'bootaa64.efi'],
  ] as const)
    assert.match(confOf('authoritative', true), `dhcp-boot=tag:arch${arch},tag:!ipxe,${loader}\n`);
  assert.match(confOf('authoritative', true), 'option:vendor-class,HTTPClient');
  assert.match(confOf('authoritative', true), 'tag:!ipxe,http://10.0.0.9:8080/ipxe.efi\n');
  assert.match(confOf('proxy', true), 'pxe-service=tag:!ipxe,0,"stackseed, BIOS",pxelinux.0\n');
  for (const arch of [7, 9])
    assert.match(confOf('proxy', true), `pxe-service=tag:!ipxe,${arch},"stackseed, UEFI",ipxe.efi\n`);
  assert.not.match(confOf('none', true), 'dhcp-range');
  assert.not.match(confOf('proxy', true), 'dhcp-host');
  // Without iPXE nobody is sent to a loader that would not find its way back.
  assert.not.match(confOf('authoritative', false), /arch16|ipxe\.efi/);
  assert.not.match(confOf('proxy', false), /UEFI|ipxe\.efi/);
  assert.match(confOf('proxy', false), 'pxe-service=tag:!ipxe,0,');
});

test.run();
