import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseYaml } from '../../src/document/read-yaml.ts';

function at(text: string, path: (string | number)[], what?: 'key' | 'value'): string | undefined {
  const place = parseYaml('f.yaml', text).locate(path, what);
  return place && `${place.line}:${place.column}+${place.length}`;
}

function codes(text: string | Uint8Array): string[] {
  return parseYaml('f.yaml', text).findings.map(
    ({ code, place }) => `${code} ${place?.line}:${place?.column}`,
  );
}

function json(text: string): string {
  return JSON.stringify(parseYaml('f.yaml', text).value);
}

test('values are those of YAML 1.2', () => {
  assert.is(
    json('a: yes\nb: 0o17\nc: 0x1F\nd: 1_000\ne: ~\nf:\ng: "1"'),
    '{"a":"yes","b":15,"c":31,"d":"1_000","e":null,"f":null,"g":"1"}',
  );
  assert.is(
    json('a: 52:54:00:00:00:01\nb: 192.168.0.1\nc: 2024-01-01\nd: 1:30'),
    '{"a":"52:54:00:00:00:01","b":"192.168.0.1","c":"2024-01-01","d":"1:30"}',
  );
});

test('keys are the text that stands there', () => {
  assert.is(
    json('1e3: a\nnull: b\nyes: c\n007: d\n~: e\n"": f\n1.0: g'),
    '{"1e3":"a","null":"b","yes":"c","007":"d","~":"e","":"f","1.0":"g"}',
  );
});

test('maps have no prototype', () => {
  const value = parseYaml('f.yaml', 'a: { constructor: 1 }').value as Record<string, object>;
  assert.is(Object.getPrototypeOf(value), null);
  assert.is(value['toString'], undefined);
  assert.is(Object.getPrototypeOf(value['a']), null);
  const { value: proto, findings, leftOut } = parseYaml('f.yaml', '__proto__: { x: 1 }\nb: 2');
  assert.equal(Object.keys(proto as object), ['b']);
  assert.is(findings[0]?.code, 'bad-key');
  assert.equal(leftOut, [['__proto__']]);
});

test('places of keys and values', () => {
  const text =
    'hosts:\n  cnt1:\n    networks:\n      manage: { mac: "52:54", address: 1 }\n  list: [a, bb]\n';
  assert.is(at(text, ['hosts'], 'key'), '1:1+5');
  assert.is(at(text, ['hosts', 'cnt1'], 'key'), '2:3+4');
  assert.is(at(text, ['hosts', 'cnt1', 'networks', 'manage', 'mac']), '4:22+7');
  assert.is(at(text, ['hosts', 'cnt1', 'networks', 'manage']), '4:15+28');
  assert.is(at(text, ['hosts', 'list', 1]), '5:13+2');
  assert.is(at(text, ['hosts', 'list', 2]), undefined);
  assert.is(at(text, ['hosts', 'nobody']), undefined);
  assert.is(at(text, ['hosts', 'list', 'a']), undefined);
  assert.is(at(text, []), '1:1+5');
});

test('places through an alias are those of what it names', () => {
  const text = 'a: &x { b: 1 }\nc: *x\nd: [*x]\n';
  assert.is(json(text), '{"a":{"b":1},"c":{"b":1},"d":[{"b":1}]}');
  assert.is(at(text, ['c', 'b']), '1:12+1');
  assert.is(at(text, ['d', 0, 'b'], 'key'), '1:9+1');
  assert.is(at(text, ['c']), '2:4+2');
});

test('an alias means the last anchor of its name before it', () => {
  assert.is(json('a: &x 1\nb: *x\nc: &x 2\nd: *x'), '{"a":1,"b":1,"c":2,"d":2}');
});

test('a value of several lines is marked on its first', () => {
  assert.is(at('a: |\n  one\n  two\n', ['a']), '1:4+1');
  assert.is(at('a:\n  b: 1\n  c: 2\n', ['a']), '2:3+4');
});

test('line breaks and byte order marks make no difference', () => {
  for (const text of ['a: 1\nb: xy\n', 'a: 1\r\nb: xy\r\n', '\ufeffa: 1\r\nb: xy']) {
    assert.is(json(text), '{"a":1,"b":"xy"}');
    assert.is(at(text, ['b']), '2:4+2');
    assert.is(parseYaml('f.yaml', Buffer.from(text)).locate(['b'])?.source, 'b: xy');
  }
});

test('duplicate keys name both places, and the first counts', () => {
  const { value, findings } = parseYaml('f.yaml', 'a: 1\n"a": 2\n');
  assert.equal(JSON.stringify(value), '{"a":1}');
  assert.is(findings[0]?.place?.line, 2);
  assert.is(findings[0]?.also?.[0]?.place.line, 1);
});

test('bytes that are no text', () => {
  assert.equal(codes(Buffer.from('a: 1\nb: caf\xe9\n', 'latin1')), ['not-utf8 2:7']);
  assert.equal(codes(Buffer.from('\u00e9\u00e9: 1\nb: \u00e9', 'utf8').subarray(0, -1)), ['not-utf8 2:4']);
  assert.equal(codes(Buffer.from('\ufeffa: 1\n', 'utf16le')), ['not-utf8 1:1']);
  assert.equal(codes(Buffer.from('a: 1\n', 'utf16le')), ['not-utf8 1:1']);
  assert.equal(codes('a: \0\n'), ['control-character 1:4']);
  assert.is(codes('\u0001'.repeat(1000)).length, 20);
});

test('syntax errors stop the reading, at the place that matters', () => {
  const table: [string, string][] = [
    ['a: [1, 2\nb: 3\n', '1:4'],
    ['a: "x\nb: 1\n', '1:4'],
    ["a: 'x\nb: 1\n", '1:4'],
    ['a: b: c\n', '1:4'],
    ['a: @x\n', '1:4'],
    ['a:\n\tb: 1\n', '2:1'],
    ['a: 1\n---\nb: 2\n', '2:1'],
    ['a: "\\q"\n', '1:5'],
    ['hosts:\n  a\n  b: 1\n', '2:3'],
  ];
  for (const [text, place] of table) {
    const document = parseYaml('f.yaml', text);
    assert.equal(codes(text), [`syntax ${place}`], text);
    assert.is(document.value, undefined);
    assert.ok(document.findings[0]?.hint, text);
  }
});

test('depth, aliases, tags, directives', () => {
  assert.equal(codes(`a: ${'['.repeat(100_000)}`)[0]?.split(' ')[0], 'too-deep');
  assert.equal(codes(`a: ${'['.repeat(70)}${']'.repeat(70)}`), ['too-deep 1:68']);
  assert.equal(codes(`a: ${'['.repeat(60)}${']'.repeat(60)}`), []);
  assert.equal(codes('a: *b'), ['unknown-alias 1:4']);
  assert.equal(codes('a: &b [*b]'), ['alias-cycle 1:8']);
  assert.equal(codes('a: !x 1\nb: !!str 1\nc: !!binary aGk=\nd: !!int "3"'), [
    'unknown-tag 1:7',
    'unknown-tag 3:13',
  ]);
  assert.equal(codes('%YAML 1.1\n---\na: 1'), ['directive 1:1']);
  assert.equal(codes('%YAML 1.2\n---\na: 1'), []);
  assert.equal(codes('a: .inf\nb: .nan\nc: 99999999999999999999\nd: 1.5'), [
    'bad-number 1:4',
    'bad-number 2:4',
    'bad-number 3:4',
  ]);
  assert.equal(codes('a: { <<: { b: 1 } }'), ['merge-key 1:6']);
  assert.equal(codes('? [a]\n: 1\n'), ['bad-key 1:3']);
});

test('an alias bomb is told once and not expanded', () => {
  const bomb = Array.from(
    { length: 12 },
    (_, n) =>
      `x${n}: &x${n} [${Array(10)
        .fill(n === 0 ? '1' : `*x${n - 1}`)
        .join(', ')}]`,
  );
  const started = performance.now();
  assert.equal(
    codes(bomb.join('\n')).map((code) => code.split(' ')[0]),
    ['alias-bomb'],
  );
  assert.ok(performance.now() - started < 2000);
});

test('what is too large is not parsed', () => {
  assert.equal(codes('#'.repeat(9 * 1024 * 1024)), ['too-large undefined:undefined']);
  assert.equal(codes('\n'.repeat(600_000)), ['too-large undefined:undefined']);
});

test.run();
