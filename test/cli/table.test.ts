import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { count, onOneLine, table } from '../../src/cli/table.ts';

test('columns are lined up, and nothing trails', () => {
  assert.is(
    table(
      [
        ['A', 'BB', 'C'],
        ['aaa', 'b', ''],
      ],
      2,
    ),
    '  A    BB  C\n  aaa  b\n',
  );
});

test('one long cell does not push the others away', () => {
  const long = 'x'.repeat(60);
  assert.is(
    table([
      [long, 'b'],
      ['a', 'b'],
    ]),
    `${long}  b\na  b\n`,
  );
});

test('a value is on one line, control characters made visible', () => {
  assert.is(onOneLine('a\nb\u001b[2J\u202e'), 'a\\u000ab\\u001b[2J\\u202e');
  assert.is(onOneLine(['a', 'b']), 'a, b');
  assert.is(onOneLine({ a: 1 }), '{"a":1}');
  assert.is(onOneLine(null), 'null');
  assert.is(onOneLine([]), '-');
});

test('one and many', () => {
  assert.is(count(1, 'seed'), '1 seed');
  assert.is(count(0, 'seed'), '0 seeds');
});

test.run();
