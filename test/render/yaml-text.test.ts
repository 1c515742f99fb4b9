import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { isPlainText, yamlItem, yamlText, yamlTextOfList } from '../../src/render/yaml-text.ts';

test('what YAML 1.1 would read as something else is quoted', () => {
  const value = {
    mac: '52:54:00:00:00:01',
    mode: '0644',
    no: 'no',
    time: '12:30:45',
    tilde: '~',
    date: '2026-01-01',
  };
  assert.equal(parse(yamlText(value, ''), { version: '1.1' }), value);
});

test('any text survives in a value, under both versions', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (one, other) => {
      const value = { content: other, list: [Buffer.from(one).toString(), `${other}\n`] };
      const text = yamlText(value, '#cloud-config\n');
      for (const version of ['1.1', '1.2'] as const) assert.equal(parse(text, { version }), value);
    }),
    { numRuns: 400 },
  );
});

test('a list is written the same, item by item', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'a\n',
      'write_files: []\n',
      'x\n\n\n',
      'x\n  y\n',
      'x\n \n\t\n\n y\t\n',
      '--- |\n...\n# x: y\n',
      'a "b" \\',
    ),
    // Of what nearly all files are made.
    fc
      .array(fc.constantFrom('\n', '\t', ' ', '#', ':', '-', '"', "'", '\\', '%', '|', 'x', '1'))
      .map((parts) => parts.join('')),
    fc.array(fc.constantFrom('\n', '\t', ' ', '#', 'x: ', '- ')).map((parts) => `x${parts.join('')}y\n`),
  );
  const item = fc.record(
    { path: text, content: text, mode: fc.constantFrom('0600', '0644') },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(item), text, text, (files, one, other) => {
      const value = { before: one, write_files: [...files, ...files], after: [other] };
      const header = '#cloud-config\n';
      const items = value.write_files.map((file) => Buffer.from(yamlItem('write_files', file)));
      const text = yamlTextOfList({ ...value, write_files: [] }, 'write_files', items, header);
      assert.is(text.toString(), yamlText(value, header));
    }),
    { numRuns: 300 },
  );
});

test('a script is written as a literal block that a person can read', () => {
  const text = yamlText({ content: '#!/bin/sh\necho "a: b" # c\n' }, '');
  assert.is(text, 'content: |\n  #!/bin/sh\n  echo "a: b" # c\n');
});

test('text with control characters, other line ends or beyond the basic plane is not plain', () => {
  assert.ok(isPlainText(Buffer.from('tab\tand line\nand umlaut ü\n')));
  for (const text of ['\r\n', '\0', '\x1b[0m', '\u0085', '\u2028', '\ufeff', '😀', '\x7f']) {
    assert.not.ok(isPlainText(Buffer.from(text)), JSON.stringify(text));
  }
  assert.not.ok(isPlainText(Buffer.from([0xff, 0xfe])));
});

test.run();
