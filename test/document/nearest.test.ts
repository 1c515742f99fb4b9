import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { distance, nearest } from '../../src/document/nearest.ts';
import { formatKey, formatPath } from '../../src/document/path.ts';

test('the nearest word, if one is near', () => {
  const words = ['platform', 'networks', 'network', 'hosts', 'for'];
  assert.is(nearest('platfrm', words), 'platform');
  assert.is(nearest('Netwroks', words), 'networks');
  assert.is(nearest('host', words), 'hosts');
  assert.is(nearest('fro', words), 'for');
  assert.is(nearest('zzz', words), undefined);
  assert.is(nearest('x', []), undefined);
});

test('a swap of neighbours is one edit', () => {
  assert.is(distance('pikeskau', 'pikesaku'), 1);
  assert.is(distance('ab', 'ba'), 1);
  assert.is(distance('', 'abc'), 3);
  assert.is(distance('same', 'same'), 0);
});

test('paths and keys', () => {
  assert.is(formatPath(['hosts', 'cnt1', 'groups', 0]), 'hosts.cnt1.groups[0]');
  assert.is(formatPath(['records', 'a.b']), 'records."a.b"');
  assert.is(formatPath([]), '');
  assert.is(formatKey('a\u202eb'), '"a\\u{202e}b"');
  assert.is(formatKey(''), '""');
  assert.ok(formatKey('x'.repeat(1_000_000)).length < 100);
});

test.run();
