import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseYaml } from '../../src/document/read-yaml.ts';
import { checkDocument } from '../../src/inventory/read.ts';
import { formatFindings } from '../../src/report/print.ts';

/**
 * Each fixtures/broken/NAME.yaml with all that is said of it in NAME.txt, to the letter. `UPDATE=1` writes what
 * differs, and still fails, so that nobody updates without looking.
 */
const folder = fileURLToPath(new URL('fixtures/broken/', import.meta.url));
const names = readdirSync(folder).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : []));

for (const name of names) {
  test(`broken: ${name}`, () => {
    const document = parseYaml(`${name}.yaml`, readFileSync(`${folder}${name}.yaml`));
    const { findings } = checkDocument(document, folder);
    const text = formatFindings(findings, { color: false });
    const golden = `${folder}${name}.txt`;
    const expected = existsSync(golden) ? readFileSync(golden, 'utf8') : '';
    if (text !== expected && process.env['UPDATE'] === '1') writeFileSync(golden, text);
    assert.is(text, expected);
  });
}

test('broken: enough of them, each with a text and no text without one', () => {
  const texts = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  assert.ok(names.length >= 80);
  assert.is(texts.length, names.length);
});

test.run();
