import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerLine, answerText, checkPreseed } from '../../src/install/answers.ts';
import { checkedArguments } from '../../src/install/cmdline.ts';
import { stackseed } from '../cli/command.ts';
import { knownSecrets, root, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { installedHosts, installerOf, PLATFORMS, textOf } from './fleet.ts';

const WITH_PRESEED = PLATFORMS.filter((platform) => platform !== 'ubuntu-24.04');
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

for (const platform of WITH_PRESEED) {
  needs(test, 'debconf-set-selections')(`debconf has nothing to say to the preseeds of ${platform}`, () =>
    withFolder(async (folder) => {
      const hosts = await installedHosts(platform);
      assert.is(hosts.size, 4);
      for (const [name, files] of hosts) {
        const file = join(folder, `${name}.cfg`);
        writeFileSync(file, textOf(files, 'preseed.cfg'));
        const { status, stdout, stderr } = spawnSync('debconf-set-selections', ['-c', file], {
          encoding: 'utf8',
        });
        assert.equal([status, stdout, stderr], [0, '', ''], name);
      }
    }),
  );

  test(`what is fetched on ${platform} is guarded by its digest`, async () => {
    for (const files of (await installedHosts(platform)).values()) {
      const preseed = textOf(files, 'preseed.cfg');
      for (const name of ['install.env', 'early.sh', 'late.sh'])
        assert.ok(
          preseed.includes(
            `preseed_fetch ${name} /tmp/stackseed/${name} ${md5(textOf(files, name))} `.replace(/ $/, ''),
          ),
          name,
        );
      const env = textOf(files, 'install.env');
      for (const name of ['user-data', 'meta-data', 'network-config'])
        assert.ok(env.includes(`${name}:${md5(textOf(files, name))}`), name);
      const served = Object.values(installerOf(files).files).sort();
      assert.equal(served, [
        'early.sh',
        'install.env',
        'late.sh',
        'meta-data',
        'network-config',
        'preseed.cfg',
        'user-data',
      ]);
    }
  });

  test(`the preseeds of ${platform} name no disk, and no secret of the seed`, async () => {
    for (const [name, files] of await installedHosts(platform)) {
      const told = ['preseed.cfg', 'install.env', 'installer.json']
        .map((file) => textOf(files, file))
        .join('');
      assert.not.match(told, /\/dev\/[shv]d[a-z]|\/dev\/nvme[0-9]/, name);
      assert.not.match(told, /PRIVATE KEY|STACKSEED_/, name);
    }
  });
}

test('the kernel takes the command line, whatever loads it', async () => {
  for (const platform of WITH_PRESEED) {
    for (const [name, files] of await installedHosts(platform)) {
      const { cmdline, macs } = installerOf(files);
      // Linux panics at more than 32 variables for init; a boot loader adds URL, checksum and initrd.
      assert.ok(cmdline.length <= 24, `${name}: ${cmdline.length}`);
      assert.ok(cmdline.join(' ').length < 1000, name);
      for (const one of cmdline) assert.match(one, /^[A-Za-z0-9_.,:/=@+%-]+$/);
      for (const mac of macs) assert.match(mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      assert.ok(cmdline.includes(`BOOTIF=01-${macs[0]?.replaceAll(':', '-')}`), name);
    }
  }
});

test('addresses are static where the inventory has them', async () => {
  const hosts = await installedHosts('debian-12');
  const argumentsOf = (name: string) => installerOf(hosts.get(name) ?? new Map()).cmdline;
  for (const wanted of [
    'get_ipaddress=10.7.0.12',
    'get_netmask=255.255.255.0',
    'get_gateway=10.7.0.1',
    'get_nameservers=10.7.0.1',
  ])
    assert.ok(argumentsOf('volumes').includes(`netcfg/${wanted}`), wanted);
  // A bond is the installed system's; the installer takes its first NIC.
  assert.ok(argumentsOf('mirror').includes('BOOTIF=01-52-54-00-07-00-03'));
  assert.not.ok(argumentsOf('router').some((one) => one.startsWith('netcfg/get_ipaddress')));
});

test('a value is one line, and stays what it is', () => {
  for (const bad of ['', ' a', 'a ', 'a\nb', 'a\\', 'é', 'a\tb', undefined, null])
    assert.throws(() => answerText(bad), String(bad));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      let line: string;
      try {
        line = `d-i a/b string ${answerText(text)}`;
      } catch {
        return;
      }
      checkPreseed(line);
      assert.is(line.split('\n').length, 1);
    }),
  );
});

test('nothing but answers passes', () => {
  for (const bad of [
    'd-i a/b string a\\',
    'd-i  a/b string a',
    'd-i a/b strings a',
    'reboot',
    ' d-i a/b string a',
    'd-i a/b string  a',
  ]) {
    assert.throws(() => checkPreseed(`#_preseed_V1\n${bad}\n`), bad);
    assert.throws(() => answerLine(bad), bad);
  }
});

test('no argument means anything to a boot loader or a shell', () => {
  for (const bad of [
    'a b',
    'a;b',
    'a$b',
    "a'b",
    'a"b',
    'a\\b',
    'a{b',
    'a#b',
    'a&b',
    '---',
    '-x',
    'a`b`',
    'a\nb',
    '',
  ])
    assert.throws(() => checkedArguments([bad]), bad);
});

test('what an installer checks is what lies in out/', () =>
  withFolder(async (folder) => {
    copyFileSync(join(root, 'test/install/fleet/inventory.yaml'), join(folder, 'inventory.yaml'));
    await knownSecrets(folder);
    const { status, stderr } = await stackseed(['generate', '--no-iso'], { cwd: folder });
    assert.is(status, 0, stderr);
    const hosts = join(folder, 'out/hosts');
    for (const host of readdirSync(hosts)) {
      const text = (name: string) => readFileSync(join(hosts, host, name), 'utf8');
      const listed = /^INSTALL_SEED='(.*)'$/m.exec(text('install.env'))?.[1]?.split(/\s+/) ?? [];
      const wanted = ['user-data', 'meta-data', 'network-config'].map((name) => `${name}:${md5(text(name))}`);
      assert.equal(listed.sort(), wanted.sort(), host);
    }
  }));

test.run();
