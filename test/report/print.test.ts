import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Finding, Place } from '../../src/report/finding.ts';
import { columns } from '../../src/report/harmless.ts';
import {
  countFindings,
  findingJson,
  formatFinding,
  formatFindings,
  strictly,
} from '../../src/report/print.ts';

const plain = { color: false };

function place(source: string, column: number, length: number, line = 12): Place {
  return { file: 'inventory.yaml', line, column, length, source };
}

const finding: Finding = {
  severity: 'error',
  code: 'bad-value',
  path: 'hosts.cnt1.mac',
  message: 'not a MAC address',
  hint: 'six hex pairs, such as "52:54:00:12:34:56"',
  place: place('    mac: "52:54:00:zz:00:01"', 10, 19),
};

function bare(at: Place): string[] {
  return formatFinding({ severity: 'error', code: 'x', path: '', message: 'm', place: at }, plain)
    .split('\n')
    .slice(3);
}

test('a finding with everything', () => {
  assert.is(
    formatFinding(finding, plain),
    `error[hosts.cnt1.mac]: not a MAC address (bad-value)
  --> inventory.yaml:12:10
   |
12 |     mac: "52:54:00:zz:00:01"
   |          ^^^^^^^^^^^^^^^^^^^
   = hint: six hex pairs, such as "52:54:00:12:34:56"`,
  );
});

test('without a place, a path or a hint', () => {
  const { place: _, ...nowhere } = finding;
  assert.is(
    formatFinding(nowhere, plain),
    'error[hosts.cnt1.mac]: not a MAC address (bad-value)\n  = hint: six hex pairs, such as "52:54:00:12:34:56"',
  );
  assert.is(
    formatFinding({ severity: 'warning', code: 'x', path: '', message: 'm' }, plain),
    'warning: m (x)',
  );
});

test('two places have one margin', () => {
  const two: Finding = {
    severity: 'error',
    code: 'address-duplicate',
    path: 'hosts.b',
    message: 'taken',
    place: place('b: 1', 4, 1, 105),
    also: [{ message: 'a', place: place('a: 1', 4, 1, 7) }],
  };
  assert.is(
    formatFinding(two, plain),
    `error[hosts.b]: taken (address-duplicate)
   --> inventory.yaml:105:4
    |
105 | b: 1
    |    ^
   ::: inventory.yaml:7:4: a
    |
  7 | a: 1
    |    -`,
  );
});

test('a masked line is not printed, and is not in the JSON', () => {
  const masked = { ...finding, masked: true, also: [{ message: 'm', place: place('secret too', 1, 1) }] };
  assert.not.match(formatFinding(masked, plain), /52:54:00:zz|secret/);
  assert.match(formatFinding(masked, plain), /^12 \| \*\*\*$/m);
  assert.not.match(JSON.stringify(findingJson(masked)), /zz|secret/);
});

test('tabs and wide characters keep the caret below its place', () => {
  assert.equal(bare(place('\tab\tcd', 5, 2)), ['12 |   ab  cd', '   |       ^^']);
  assert.equal(bare(place('日本: x', 5, 1)), ['12 | 日本: x', '   |       ^']);
  assert.equal(bare(place('e\u0301x: y', 6, 1)), ['12 | e\u0301x: y', '   |     ^']);
});

test('what a terminal would obey is escaped', () => {
  assert.equal(bare(place('a\u001b[31m\u202eb', 1, 1)), ['12 | a\\u{1b}[31m\\u{202e}b', '   | ^']);
  const evil = '\u001b]0;x\u0007\r\n\u200b';
  const text = formatFinding(
    {
      severity: 'error',
      code: 'x',
      path: evil,
      message: evil,
      hint: evil,
      place: { ...place(evil, 1, 1), file: evil },
    },
    plain,
  );
  assert.not.match(text, /[^\P{Cc}\n]|\p{Cf}/u);
  assert.is(text.split('\n').length, 6);
});

test('a long line is cut around the place, a long message at its end', () => {
  const [source = '', marks = ''] = bare(place(`${'x'.repeat(500)}HERE${'y'.repeat(1_000_000)}`, 501, 4));
  assert.ok(source.length < 130);
  assert.is(source.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1), 'HERE');
  const [, whole = ''] = bare(place('z'.repeat(1_000_000), 1, 1_000_000));
  assert.ok(whole.length < 130);
  assert.ok(formatFinding({ ...finding, message: 'm'.repeat(1_000_000) }, plain).length < 1000);
});

test('colour is around the text and changes none of it', () => {
  const colored = formatFinding(finding, { color: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape that starts a colour
  assert.is(colored.replace(/\u001b\[[0-9;]*m/g, ''), formatFinding(finding, plain));
  assert.ok(colored.startsWith('\u001b[1;31merror'));
});

test('the count', () => {
  const warning: Finding = { ...finding, severity: 'warning' };
  assert.is(countFindings([]), 'no findings');
  assert.is(countFindings([finding]), '1 error');
  assert.is(countFindings([warning, finding, finding]), '2 errors, 1 warning');
  assert.is(countFindings([warning, warning]), '2 warnings');
  assert.is(formatFindings([], plain), '');
  assert.ok(formatFindings([finding, warning], plain).endsWith('\n\n1 error, 1 warning\n'));
});

test('strictly, warnings are errors', () => {
  const warning: Finding = { ...finding, severity: 'warning' };
  assert.is(strictly([warning], true)[0]?.severity, 'error');
  assert.is(strictly([warning], false)[0]?.severity, 'warning');
});

test('JSON has what there is and no more', () => {
  assert.equal(Object.keys(findingJson(finding)), ['severity', 'code', 'path', 'message', 'hint', 'place']);
  assert.equal(findingJson({ severity: 'warning', code: 'x', path: '', message: 'm' }), {
    severity: 'warning',
    code: 'x',
    path: '',
    message: 'm',
  });
});

test('columns', () => {
  assert.is(columns('abc'), 3);
  assert.is(columns('日本'), 4);
  assert.is(columns('e\u0301'), 1);
});

test.run();
