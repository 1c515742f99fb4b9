import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { quote } from '../../src/render/node-env.ts';

/** What bash holds after it has read the assignments, by name. */
function readByBash(values: Record<string, string>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-env-'));
  try {
    const file = join(folder, 'node.env');
    const names = Object.keys(values);
    writeFileSync(file, names.map((name) => `${name}=${quote(values[name] ?? '')}\n`).join(''));
    const print = names.map((name) => `printf '%s\\0' "$${name}"`).join('\n');
    const out = execFileSync('bash', ['-c', `set -eu\n. "$1"\n${print}`, 'bash', file]);
    const read = out.toString('utf8').split('\0');
    return Object.fromEntries(names.map((name, index) => [name, read[index] ?? '']));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('any text reaches bash as it is, and runs nothing', () => {
  const noNul = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''));
  const nasty = fc.constantFrom(
    "'",
    '"',
    '$(touch /tmp/x)',
    '`id`',
    '\\',
    '\n',
    "'; exit 3; '",
    '!',
    '#',
    '\r',
    '\t',
  );
  const value = fc.array(fc.oneof(noNul, nasty), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (list) => {
      const values = Object.fromEntries(list.map((item, index) => [`V${index}`, item]));
      assert.equal(readByBash(values), values);
    }),
    { numRuns: 60 },
  );
});

test('a NUL, which no variable can hold, is left out', () => {
  assert.is(quote('a\0b'), "'ab'");
});

test.run();
