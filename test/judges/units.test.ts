import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../fixtures.ts';
import { inRoot, judgeRoot } from '../images/chroot.ts';
import type { Suite } from '../images/debian.ts';
import { needs } from '../needs.ts';
import { explode } from './explode.ts';
import { allSeeds, suiteOf } from './seeds.ts';

const onRoot = needs(test, 'root', 'mmdebstrap');

/** What `systemd-analyze verify` says of units of a folder laid over the release's root. */
async function verify(suite: Suite, folder: string, units: string[]): Promise<string> {
  const command = `systemd-analyze verify --man=no --recursive-errors=yes ${units.map((unit) => `'${unit}'`).join(' ')}`;
  const ran = await inRoot(await judgeRoot(suite), command, folder);
  return ran.code === 0 && ran.stderr === '' ? '' : `exit code ${ran.code}\n${ran.stdout}${ran.stderr}`;
}

/** Units that a host's files define or change, instances made of the host's components. */
function unitsAmong(paths: string[], components: string[]): string[] {
  const names = paths.flatMap((path) => {
    const found = /^\/etc\/systemd\/system\/([^/]+?)(\.d\/[^/]+)?$/.exec(path);
    return found?.[1] === undefined ? [] : [found[1]];
  });
  const instances = components.map((name) => `stackseed@${name}.service`);
  return [...new Set([...names.filter((name) => name !== 'stackseed@.service'), ...instances])].sort();
}

/** A unit of a package that the root lacks is stood in for, so that what we add to it can be judged. */
async function standIn(suite: Suite, folder: string, units: string[]): Promise<void> {
  const system = join(folder, 'usr/lib/systemd/system');
  await mkdir(system, { recursive: true });
  for (const unit of units) {
    const template = unit.replace(/@.+\./, '@.');
    const places = [join(await judgeRoot(suite), 'usr/lib'), join(folder, 'etc')];
    if (places.some((place) => existsSync(join(place, 'systemd/system', template)))) continue;
    await writeFile(join(system, unit), '[Service]\nExecStart=/bin/true\n');
  }
}

onRoot('systemd takes the units of every host', async () => {
  for (const seed of await allSeeds()) {
    await withFolder(async (folder) => {
      const paths = await explode(seed.userData, folder);
      const units = unitsAmong(paths, seed.host.components);
      assert.ok(units.includes('stackseed.target') && units.includes('stackseed@identity.service'));
      const suite = suiteOf(seed.platform);
      await standIn(suite, folder, units);
      assert.is(await verify(suite, folder, units), '', seed.name);
    });
  }
});

const broken: Record<string, { text: string; says: RegExp }> = {
  'an unknown key': { text: '[Service]\nExecStrat=/bin/true\nExecStart=/bin/true\n', says: /ExecStrat/ },
  'a program that is not there': { text: '[Service]\nExecStart=/usr/local/sbin/none\n', says: /none/ },
  'a value of the wrong kind': {
    text: '[Service]\nExecStart=/bin/true\nTimeoutStartSec=soon\n',
    says: /soon/,
  },
};

for (const [name, { text, says }] of Object.entries(broken)) {
  onRoot(`systemd refuses ${name}`, async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'etc/systemd/system'), { recursive: true });
      await writeFile(join(folder, 'etc/systemd/system/broken.service'), text);
      assert.match(await verify('bookworm', folder, ['broken.service']), says);
    });
  });
}

test.run();
