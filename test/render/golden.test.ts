import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderPlanned } from '../../src/generate/generate.ts';
import { loadFleet } from '../../src/generate/load.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { example, knownSecrets, root, withFolder } from '../fixtures.ts';
import { forReview, verbatim } from './golden.ts';

/** Archetypes of fleets. `make update-golden` writes them anew; the diff is what a change does to every host. */
const archetypes: { name: string; inventory: string; platform?: string }[] = [
  { name: 'memo-ubuntu-16.04', inventory: 'memo' },
  { name: 'memo-debian-12', inventory: 'memo', platform: 'debian-12' },
  { name: 'memo-ubuntu-24.04', inventory: 'memo', platform: 'ubuntu-24.04' },
  { name: 'memo-debian-13', inventory: 'memo', platform: 'debian-13' },
  { name: 'cloud-debian-12', inventory: 'cloud' },
  { name: 'small', inventory: 'small' },
  { name: 'large', inventory: 'large' },
];

async function renderAll(inventory: string, platform?: string): Promise<Map<string, string>> {
  return withFolder(async (folder) => {
    const options = { lock: join(folder, 'stackseed.lock'), ...(platform && { platform }) };
    const fleet = await loadFleet(example(inventory), options);
    const { secrets } = await readSecrets(await knownSecrets(folder));
    if (!secrets) throw new Error('no secrets');
    const known = verbatim(fleet.library);
    const seeds = fleet.plan.hosts.map((host): [string, string] => {
      return [`${host.name}.txt`, forReview(renderPlanned(fleet, host, secrets).tree, known)];
    });
    return new Map(seeds.sort());
  });
}

for (const { name, inventory, platform } of archetypes) {
  test(`seeds of ${name} are those in golden/`, async () => {
    const folder = join(root, 'test/render/golden', name);
    const seeds = await renderAll(inventory, platform);
    if (process.env['UPDATE'] === '1') {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of seeds) writeFileSync(join(folder, file), text);
    }
    assert.equal(readdirSync(folder).sort(), [...seeds.keys()]);
    for (const [file, text] of seeds) assert.is(text, readFileSync(join(folder, file), 'utf8'), file);
  });
}

test.run();
