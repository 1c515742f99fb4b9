import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderPlanned } from '../../src/generate/generate.ts';
import { loadFleet } from '../../src/generate/load.ts';
import { embeddedBuilder } from '../../src/iso9660-builder/index.ts';
import type { Tree } from '../../src/render/tree.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { blkidSays, isoinfoNames, isoinfoReads, xorrisoExtracts, xorrisoListing } from './readers.ts';

async function seedsOf(folder: string, inventory: string, platform?: string): Promise<Map<string, Tree>> {
  const options = { lock: join(folder, 'stackseed.lock'), ...(platform && { platform }) };
  const fleet = await loadFleet(example(inventory), options);
  const { secrets } = await readSecrets(await knownSecrets(folder));
  if (!secrets) throw new Error('no secrets');
  return new Map(fleet.plan.hosts.map((host) => [host.name, renderPlanned(fleet, host, secrets).tree]));
}

/** The fleets whose seeds are kept in test/render/golden. */
for (const [inventory, platform] of [
  ['memo', 'ubuntu-16.04'],
  ['memo', 'debian-12'],
  ['small', undefined],
  ['large', undefined],
] as const) {
  needs(
    test,
    'xorriso',
    'isoinfo',
    'blkid',
  )(`every seed of ${inventory} ${platform ?? ''} in an embedded image is read by others`, () =>
    withFolder(async (folder) => {
      const seeds = await seedsOf(folder, inventory, platform);
      assert.ok(seeds.size > 0);
      for (const [host, tree] of seeds) {
        const iso = join(folder, `${host}.iso`);
        await embeddedBuilder().build(tree, iso, { volumeId: 'cidata' });
        assert.is(blkidSays(iso)['LABEL'], 'cidata', host);
        assert.equal(
          xorrisoListing(iso),
          [
            "dr-x------ 1 0 0 0 Jan 1 2000 '/'",
            ...[...tree].map(([path, { content }]) => {
              return `-r-------- 1 0 0 ${Buffer.byteLength(content)} Jan 1 2000 '/${path}'`;
            }),
          ].sort(),
          host,
        );
        const names = [...tree.keys()].map((path) => `/${path}`).sort();
        for (const kind of ['-R', '-J'] as const) assert.equal(isoinfoNames(iso, kind), names, host);
        const extracted = xorrisoExtracts(iso, join(folder, `${host}.d`));
        for (const [path, { content }] of tree) {
          const bytes = Buffer.from(content);
          assert.ok(extracted.get(path)?.equals(bytes), `${host}: ${path}`);
          assert.ok(isoinfoReads(iso, '-J', path).equals(bytes), `${host}: ${path}`);
        }
      }
    }),
  );
}

test.run();
