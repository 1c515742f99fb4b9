import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fingerprint, Secret } from '../../src/secrets/index.ts';
import { sample } from './sample.ts';

test('differs with every value, their order and the master', () => {
  const other = { ...sample(), master: new Secret(Buffer.alloc(32, 9).toString('base64')) };
  const all = [
    fingerprint(sample(), ['a', 'b']),
    fingerprint(sample(), ['b', 'a']),
    fingerprint(sample(), ['ab']),
    fingerprint(sample(), ['a', 'b', '']),
    fingerprint(other, ['a', 'b']),
  ];
  assert.is(new Set(all).size, all.length);
  assert.is(fingerprint(sample(), ['a', 'b']), all[0]);
  assert.match(all[0] ?? '', /^[0-9a-f]{64}$/);
});

test('is no plain digest, by which a guess could be tried', () => {
  const plain = createHash('sha256')
    .update(JSON.stringify(['weak']))
    .digest('hex');
  assert.is.not(fingerprint(sample(), ['weak']), plain);
});

test.run();
