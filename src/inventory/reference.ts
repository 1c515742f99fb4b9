import type { Library } from '../library/types.ts';
import { inventoryJsonSchema, type JsonSchema } from './json-schema.ts';

/**
 * Every key of the inventory in Markdown tables, made from its schema: keys that the fleet, a group and a
 * host share come first, once. Ends in a line break.
 */
export function inventoryReference(): string {
  const schema = inventoryJsonSchema();
  const { definitions = {} } = schema;
  const group = memberOf(schema.properties?.['groups']);
  const host = memberOf(schema.properties?.['hosts']);
  const shared = Object.keys(schema.properties ?? {}).filter(
    (key) => group?.properties?.[key] && host?.properties?.[key] && key !== 'networks',
  );
  const sections: string[] = [];
  const section = (title: string, node: JsonSchema, keys: string[], prefix: string): void => {
    sections.push(`### ${title}\n\n${table(node, keys, definitions)}`);
    for (const key of keys) inner(node.properties?.[key] ?? {}, `${prefix}${key}`);
  };
  const inner = (node: JsonSchema, path: string): void => {
    const place = placeOf(node, path);
    const object = node.properties ? node : memberOf(node);
    if (object?.properties) {
      const keys = Object.keys(object.properties);
      const own = path === 'groups' || path === 'hosts' ? keys.filter((key) => !shared.includes(key)) : keys;
      section(`\`${place}\``, object, own, `${place}.`);
    }
  };
  const top = Object.keys(schema.properties ?? {}).filter((key) => !shared.includes(key));
  section('The fleet', schema, top, '');
  section('The fleet, a group or a host', schema, shared, '');
  return `${sections.join('\n\n')}\n`;
}

/** Every setting of the library's components in Markdown, a table each. */
export function settingsReference(library: Library): string {
  const sections = [...library.components.values()].flatMap(({ name, summary, settings }) => {
    const keys = Object.keys(settings);
    if (keys.length === 0) return [];
    const node: JsonSchema = { properties: settings };
    return [`### \`settings.${name}\`\n\n${sentence(summary)}\n\n${table(node, keys, {})}`];
  });
  return `${sections.join('\n\n')}\n`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

/** The schema of what a map or a list holds. */
function memberOf(node: JsonSchema | undefined): JsonSchema | undefined {
  const member = node?.items ?? node?.additionalProperties;
  return typeof member === 'object' ? member : undefined;
}

/** "hosts.NAME" for a map by name, "disks[]" for a list. */
function placeOf(node: JsonSchema, path: string): string {
  if (node.properties) return path;
  if (node.items) return `${path}[]`;
  const named = node.propertyNames?.$ref?.replace('#/definitions/', '').replace(/-name$/, '') ?? 'name';
  return `${path}.${named === 'label' ? 'NAME' : named.toUpperCase()}`;
}

function table(node: JsonSchema, keys: string[], definitions: Record<string, JsonSchema>): string {
  const rows = keys.map((key) => {
    const property = node.properties?.[key] ?? {};
    const needed = node.required?.includes(key) ? 'required' : '';
    const standard = property.default === undefined ? needed : `\`${written(property.default)}\``;
    return [`\`${key}\``, typeText(property, definitions), standard, property.description ?? ''];
  });
  const lines = [['Key', 'Type', 'Default', 'What it says'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

function written(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

function cell(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function typeText(node: JsonSchema, definitions: Record<string, JsonSchema>): string {
  if (node.$ref !== undefined) {
    return definitions[node.$ref.replace('#/definitions/', '')]?.title ?? 'text';
  }
  if (node.allOf?.[0]) return typeText(node.allOf[0], definitions);
  if (node.anyOf) return node.anyOf.map((one) => typeText(one, definitions)).join(' or ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (node.type === 'array') return `list: ${typeText(node.items ?? {}, definitions)}`;
  if (node.type === 'object') return node.properties ? 'map' : `map by ${namesOf(node, definitions)}`;
  if (node.type === 'integer' && node.minimum !== undefined && node.maximum !== undefined) {
    return `${node.minimum} to ${node.maximum}`;
  }
  const names: Record<string, string> = { string: 'text', integer: 'whole number', boolean: 'true or false' };
  return [node.type ?? 'any']
    .flat()
    .map((type) => names[type] ?? type)
    .join(' or ');
}

function namesOf(node: JsonSchema, definitions: Record<string, JsonSchema>): string {
  return node.propertyNames ? typeText(node.propertyNames, definitions) : 'name';
}
