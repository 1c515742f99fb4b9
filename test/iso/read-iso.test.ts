import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holdsFiles, type IsoFiles, readIso, xorrisoBuilder } from '../../src/iso9660-builder/index.ts';
import { needs } from '../needs.ts';
import { inFolder } from './folder.ts';

async function imageOf(files: IsoFiles): Promise<Buffer> {
  let image = Buffer.alloc(0);
  await inFolder(async (folder) => {
    const target = join(folder, 'x.iso');
    await xorrisoBuilder().build(files, target, { volumeId: 'cidata' });
    image = readFileSync(target);
  });
  return image;
}

needs(test, 'xorriso')('reads folders, long names and more files than fit into a sector', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `a/deep.folder/${'n'.repeat(50)}-${index}`);
  const files: IsoFiles = new Map([
    ['top', { content: 'x'.repeat(5000) }],
    ...names.map((name) => [name, { content: name }] as const),
  ]);
  const image = await imageOf(files);
  const { rockRidge, joliet } = readIso(image);
  assert.equal([...rockRidge.files.keys()].sort(), [...files.keys()].sort());
  assert.equal([...joliet.files.keys()].sort(), [...files.keys()].sort());
  assert.ok(holdsFiles(image, files, 'cidata'));
});

needs(test, 'xorriso')('tells every difference between an image and a seed', async () => {
  const seed: IsoFiles = new Map([
    ['meta-data', { content: 'm' }],
    ['user-data', { content: 'u' }],
  ]);
  const image = await imageOf(seed);
  assert.ok(holdsFiles(image, seed, 'cidata'));
  assert.not(holdsFiles(image, seed, 'config-2'));
  assert.not(holdsFiles(image, new Map([...seed, ['user-data', { content: 'v' }]]), 'cidata'));
  assert.not(holdsFiles(image, new Map([...seed, ['vendor-data', { content: '' }]]), 'cidata'));
  assert.not(holdsFiles(image, new Map([['user-data', { content: 'u' }]]), 'cidata'));
  assert.not(holdsFiles(image.subarray(0, 60_000), seed, 'cidata'));
  assert.not(holdsFiles(Buffer.alloc(0), seed, 'cidata'));
});

needs(test, 'xorriso')('answers, whatever bytes it is given', async () => {
  const seed: IsoFiles = new Map([['user-data', { content: 'u'.repeat(3000) }]]);
  const image = await imageOf(seed);
  const change = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 });
  const header = fc.array(fc.tuple(fc.integer({ min: 16 * 2048, max: 36 * 2048 - 1 }), fc.nat(255)));
  fc.assert(
    fc.property(fc.oneof(change, header), fc.nat(image.length), (changes, cut) => {
      const spoilt = Buffer.from(image);
      for (const [at, byte] of changes) spoilt[at] = byte;
      assert.type(holdsFiles(spoilt, seed, 'cidata'), 'boolean');
      assert.type(holdsFiles(spoilt.subarray(0, cut), seed, 'cidata'), 'boolean');
    }),
    { numRuns: 500 },
  );
});

test.run();
