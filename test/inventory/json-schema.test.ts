import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { readYaml } from '../../src/document/read-yaml.ts';
import { inventoryJsonSchema, type JsonSchema } from '../../src/inventory/json-schema.ts';
import { inventoryReference, settingsReference } from '../../src/inventory/reference.ts';
import { inventorySchema } from '../../src/inventory/schema.ts';
import { loadLibrary } from '../../src/library/load.ts';

const { library } = loadLibrary([]);

function example(name: string): Record<string, unknown> {
  const file = fileURLToPath(new URL(`../../examples/${name}/inventory.yaml`, import.meta.url));
  return JSON.parse(JSON.stringify(readYaml(file).value));
}

function accepts(schema: JsonSchema, value: unknown): boolean {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success;
}

test('the JSON Schema takes the examples, and refuses what is wrong', () => {
  for (const schema of [inventoryJsonSchema(), inventoryJsonSchema(library)]) {
    assert.is(schema['$schema' as keyof JsonSchema], 'http://json-schema.org/draft-07/schema#');
    assert.ok(accepts(schema, example('memo')));
    assert.not.ok(accepts(schema, { ...example('memo'), flet: 'x' }));
    assert.not.ok(accepts(schema, { ...example('memo'), domain: 'no domain' }));
  }
});

test('with a library, the JSON Schema knows platforms, roles and settings', () => {
  const schema = inventoryJsonSchema(library);
  const withRoles = (roles: string[]) => {
    const memo = example('memo');
    return { ...memo, groups: { g: { roles } } };
  };
  assert.ok(accepts(schema, withRoles(['controller'])));
  assert.not.ok(accepts(schema, withRoles(['wizard'])));
  assert.not.ok(accepts(schema, { ...example('memo'), platform: 'debian-99' }));
  assert.ok(accepts(schema, { ...example('memo'), settings: { memcached: { memory: 64 } } }));
  assert.not.ok(accepts(schema, { ...example('memo'), settings: { memcached: { memory: 'lots' } } }));
  assert.not.ok(accepts(schema, { ...example('memo'), settings: { memcachd: {} } }));
});

test('every reference of the JSON Schema leads somewhere, and nothing is there in vain', () => {
  for (const schema of [inventoryJsonSchema(), inventoryJsonSchema(library)]) {
    const named = new Set(
      [...JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name),
    );
    assert.equal([...named].sort(), Object.keys(schema.definitions ?? {}).sort());
  }
});

test('the reference has every key, each with a type and a description', () => {
  const text = inventoryReference();
  const keys = new Set<string>();
  collect(inventorySchema, keys);
  for (const key of keys) assert.ok(text.includes(`| \`${key}\` |`), key);
  assert.ok(keys.size > 50);
  for (const row of text.split('\n').filter((line) => line.startsWith('| `'))) {
    assert.match(row, /^\| `[a-z_0-9]+` \| [^|]*\S[^|]* \| [^|]*\| .*\S.* \|$/);
    assert.not.match(row, /undefined|\[object/);
  }
});

test('the reference of settings has every component that has some', () => {
  const text = settingsReference(library);
  for (const { name, settings } of library.components.values()) {
    for (const setting of Object.keys(settings)) {
      assert.ok(text.includes(`### \`settings.${name}\``), name);
      assert.ok(text.includes(`| \`${setting}\` |`), `${name}.${setting}`);
    }
  }
});

function collect(schema: unknown, keys: Set<string>): void {
  if (schema instanceof z.ZodObject) {
    for (const [key, inner] of Object.entries(schema.shape)) {
      keys.add(key);
      collect(inner, keys);
    }
  } else if (schema instanceof z.ZodOptional) collect(schema.unwrap(), keys);
  else if (schema instanceof z.ZodRecord) collect(schema.valueType, keys);
  else if (schema instanceof z.ZodArray) collect(schema.element, keys);
}

test.run();
