import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { parseYaml } from '../../src/document/read-yaml.ts';
import { checkDocument } from '../../src/inventory/read.ts';
import { formatFindings } from '../../src/report/print.ts';
import { inventoryArbitrary } from './arbitrary.ts';

test('property: any valid inventory reads without errors, and as it was written', () => {
  fc.assert(
    fc.property(inventoryArbitrary, (inventory) => {
      const result = checkDocument(parseYaml('inventory.yaml', stringify(inventory)), '/');
      const errors = result.findings.filter(({ severity }) => severity === 'error');
      assert.is(formatFindings(errors, { color: false }), '');
      assert.is(JSON.stringify(sorted(result.inventory)), JSON.stringify(sorted(inventory)));
    }),
    { numRuns: 200 },
  );
});

test('property: any text is read or refused, and printed without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const { findings } = checkDocument(parseYaml('inventory.yaml', text), '/');
      assert.not.match(formatFindings(findings, { color: false }), /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      assert.ok(findings.length > 0);
    }),
    { numRuns: 500 },
  );
});

test('property: any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.ok(checkDocument(parseYaml('inventory.yaml', bytes), '/').findings.length > 0);
    }),
    { numRuns: 500 },
  );
});

test('property: one character changed, put in or taken out never throws', () => {
  const edit = fc.tuple(
    inventoryArbitrary,
    fc.nat(),
    fc.nat({ max: 2 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(edit, ([inventory, at, way, character]) => {
      const text = stringify(inventory);
      const place = at % text.length;
      const edited =
        text.slice(0, place) + (way === 2 ? '' : character) + text.slice(place + (way === 1 ? 0 : 1));
      const result = checkDocument(parseYaml('inventory.yaml', edited), '/');
      assert.ok(result.inventory !== undefined || result.findings.length > 0);
      for (const { place: found } of result.findings)
        if (found) assert.ok(found.line >= 1 && found.column >= 1 && found.length >= 1);
    }),
    { numRuns: 300 },
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, item]) => [key, sorted(item)]);
}

test.run();
