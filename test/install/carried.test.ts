import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { example, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { autoinstallRules } from './autoinstall-rules.ts';
import { type HostFiles, installedHosts, textOf } from './fleet.ts';

/** The example fleet, installed with all its packages. */
async function controller(platform: string): Promise<HostFiles> {
  return withFolder(async (folder) => {
    const file = join(folder, 'inventory.yaml');
    writeFileSync(file, `${readFileSync(example('memo'), 'utf8')}\ninstall: { packages: installer }\n`);
    return (await installedHosts(platform, file)).get('cnt1') ?? new Map();
  });
}

needs(test, 'debconf-set-selections')(
  'a controller of Debian may carry its packages, and what they would ask',
  async () => {
    const files = await controller('debian-12');
    const preseed = textOf(files, 'preseed.cfg');
    const packages = /^d-i pkgsel\/include string (.*)$/m.exec(preseed)?.[1]?.split(' ') ?? [];
    for (const name of ['cloud-init', 'mariadb-server', 'rabbitmq-server', 'pacemaker'])
      assert.ok(packages.includes(name), name);
    await withFolder((folder) => {
      const file = join(folder, 'preseed.cfg');
      writeFileSync(file, preseed);
      const { status, stdout, stderr } = spawnSync('debconf-set-selections', ['-c', file], {
        encoding: 'utf8',
      });
      assert.equal([status, stdout, stderr], [0, '', '']);
    });
  },
);

test('one of Ubuntu 24.04 as well', async () => {
  const { autoinstall } = parse(textOf(await controller('ubuntu-24.04'), 'autoinstall.yaml'), {
    version: '1.1',
  });
  const { packages = [] } = autoinstallRules.parse(autoinstall);
  for (const name of ['mariadb-server', 'rabbitmq-server', 'pacemaker'])
    assert.ok(packages.includes(name), name);
});

test('one that does not ask for it has none of them', async () => {
  const hosts = await installedHosts('debian-12');
  for (const files of hosts.values()) assert.not.match(textOf(files, 'preseed.cfg'), /mariadb|rabbitmq/);
});

test.run();
