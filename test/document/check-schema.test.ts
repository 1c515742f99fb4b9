import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { checkSchema } from '../../src/document/check-schema.ts';
import { prune } from '../../src/document/prune.ts';
import { parseYaml } from '../../src/document/read-yaml.ts';

const name = z
  .string()
  .regex(/^[a-z]+$/, { error: 'not a name' })
  .meta({ examples: ['web'] });
const schema = z.strictObject({
  name,
  size: z.int().min(1).max(10).optional(),
  mode: z.enum(['fast', 'slow']).optional(),
  on: z.boolean().optional(),
  either: name.or(z.literal('NONE')).optional(),
  tags: z.array(name).max(2).optional(),
  shape: z.union([z.array(z.string()), z.record(z.string(), z.array(z.string()))]).optional(),
  hosts: z.record(name, z.strictObject({ size: z.int() })).optional(),
});

/** "code path line:column message = hint" of each finding, with `name: web` on the first line. */
function said(text: string): string[] {
  const { findings } = checkSchema(parseYaml('f.yaml', text), schema);
  return findings.map(
    ({ code, path, place, message, hint }) =>
      `${code} ${path} ${place?.line}:${place?.column} ${message}${hint === undefined ? '' : ` = ${hint}`}`,
  );
}

test('what is wrong is said in the words of the file', () => {
  const table: [string, string][] = [
    ['size: 1', 'missing-key name 1:1 name is missing = such as name: web'],
    ['name: web\nsiz: 1', 'unknown-key siz 2:1 unknown key = did you mean size?'],
    [
      'name: web\nqqqq: 1',
      'unknown-key qqqq 2:1 unknown key = known here: name, size, mode, on, either, tags, shape, hosts',
    ],
    ['name: 007', 'wrong-type name 1:7 must be text, not a number = write it in quotes: "007"'],
    ['name: true', 'wrong-type name 1:7 must be text, not true or false = write it in quotes: "true"'],
    ['name:', 'wrong-type name 1:1 must be text, not empty = leave the key out, or give it a value'],
    ['name: Web', 'bad-value name 1:7 not a name = write it in lower case: web'],
    ['name: w-1', 'bad-value name 1:7 not a name = such as web'],
    ['name: web\nsize: 11', 'bad-value size 2:7 must be at most 10'],
    ['name: web\nsize: 0', 'bad-value size 2:7 must be at least 1'],
    ['name: web\nsize: 1.5', 'wrong-type size 2:7 must be a whole number, not a number'],
    ['name: web\nmode: fats', 'bad-value mode 2:7 must be one of fast, slow = did you mean fast?'],
    ['name: web\non: yes', 'wrong-type on 2:5 must be true or false, not text = write true'],
    ['name: web\neither: "!"', 'bad-value either 2:9 not a name = such as web or NONE'],
    ['name: web\neither: 4', 'wrong-type either 2:9 must be text, not a number = write it in quotes: "4"'],
    ['name: web\neither: W', 'bad-value either 2:9 not a name = write it in lower case: w'],
    ['name: web\ntags: a', 'wrong-type tags 2:7 must be a list, not text = write it as a list: [a]'],
    ['name: web\ntags: [a, b, c]', 'bad-value tags 2:1 must have at most 2 items'],
    [
      'name: web\ntags: [a, 2]',
      'wrong-type tags[1] 2:11 must be text, not a number = write it in quotes: "2"',
    ],
    ['name: web\nshape: 3', 'wrong-type shape 2:8 must be a list or a map of keys, not a number'],
    [
      'name: web\nshape: { a: [1] }',
      'wrong-type shape.a[0] 2:14 must be text, not a number = write it in quotes: "1"',
    ],
    ['name: web\nhosts: { W1: { size: 1 } }', 'bad-name hosts.W1 2:10 not a name = such as web'],
    ['name: web\nhosts: { W: { size: 1 } }', 'bad-name hosts.W 2:10 not a name = write it in lower case: w'],
    ['name: web\nhosts:\n  a: {}', 'missing-key hosts.a.size 3:3 size is missing'],
    ['- a', 'wrong-type  1:1 must be a map of keys, not a list'],
    ['', 'empty  1:1 nothing is in it'],
  ];
  for (const [text, expected] of table) assert.equal(said(text), [expected], text);
});

test('all at once, in the order of the file', () => {
  assert.equal(
    said('zz: 1\nsize: x\nhosts: { a: { size: y }, B: {} }\n').map((line) =>
      line.split(' ').slice(0, 3).join(' '),
    ),
    [
      'missing-key name 1:1',
      'unknown-key zz 1:1',
      'wrong-type size 2:7',
      'wrong-type hosts.a.size 3:21',
      'bad-name hosts.B 3:26',
    ],
  );
});

test('paths are quoted where they would be misread', () => {
  const [line] = said('name: web\nhosts: { "a.b": { size: 1 } }');
  assert.match(line ?? '', /^bad-name hosts\."a\.b" /);
});

test('a value below a base', () => {
  const document = parseYaml('f.yaml', 'a:\n  b: { name: 5 }\n');
  const { findings } = checkSchema(document, schema, ['a', 'b']);
  assert.is(findings[0]?.path, 'a.b.name');
  assert.is(findings[0]?.place?.line, 2);
});

test('the value that fits has no prototype', () => {
  const { value, findings } = checkSchema(
    parseYaml('f.yaml', 'name: web\nhosts: { a: { size: 1 } }'),
    schema,
  );
  assert.equal(findings, []);
  assert.is(value?.hosts?.['constructor'], undefined);
  assert.is(value?.hosts?.['a']?.size, 1);
});

test('pruning leaves what is right', () => {
  const standIns = { name: 'none' };
  const left = (text: string) => {
    const { value, removed } = prune(parseYaml('f.yaml', text).value, schema, standIns);
    return [JSON.stringify(value), removed.map((path) => path.join('.'))];
  };
  assert.equal(left('name: web\nsize: 99\nzz: 1'), ['{"name":"web"}', ['size', 'zz']]);
  assert.equal(left('size: 2'), ['{"name":"none","size":2}', ['name']]);
  assert.equal(left('name: W'), ['{"name":"none"}', ['name']]);
  assert.equal(left('name: web\nhosts: { a: {}, b: { size: 1 } }'), [
    '{"name":"web","hosts":{"b":{"size":1}}}',
    ['hosts.a'],
  ]);
  assert.equal(left('name: web\ntags: [a, 2]'), ['{"name":"web"}', ['tags']]);
  assert.equal(left('- a'), [undefined, []]);
});

test.run();
