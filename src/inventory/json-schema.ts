import { z } from 'zod';
import type { Library } from '../library/types.ts';
import { inventorySchema } from './schema.ts';

/** A node of a JSON Schema, as far as it is read here. */
export interface JsonSchema {
  $ref?: string;
  title?: string;
  description?: string;
  default?: unknown;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  allOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  propertyNames?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  definitions?: Record<string, JsonSchema>;
}

/**
 * JSON Schema of the inventory, draft 7: the draft that YAML editors know best (yaml-language-server
 * supports it in every version). With a library, platforms and roles are listed by name, and settings
 * are those of its components.
 */
export function inventoryJsonSchema(library?: Library): JsonSchema {
  const schema = z.toJSONSchema(inventorySchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  const { definitions = {} } = schema;
  if (!library) return schema;
  const roles = [...library.roles.values()].filter(({ name }) => name !== 'base');
  definitions['platform'] = { ...definitions['platform'], enum: [...library.platforms.keys()] };
  definitions['role'] = { title: 'role', enum: roles.map(({ name }) => name) };
  definitions['settings'] = settingsOf(library, definitions['settings'] ?? {});
  // What any setting may be, before its component is known.
  for (const name of Object.keys(definitions)) if (name.startsWith('__')) delete definitions[name];
  for (const owner of ['groups', 'hosts']) {
    const { additionalProperties } = schema.properties?.[owner] ?? {};
    if (typeof additionalProperties !== 'object') continue;
    const written = additionalProperties.properties?.['roles'];
    if (written) written.items = { $ref: '#/definitions/role' };
  }
  return schema;
}

function settingsOf(library: Library, { title, description }: JsonSchema): JsonSchema {
  const components = [...library.components.values()].filter(
    ({ settings }) => Object.keys(settings).length > 0,
  );
  return {
    ...(title && { title }),
    ...(description && { description }),
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      components.map(({ name, summary, settings }) => [
        name,
        { type: 'object', description: summary, additionalProperties: false, properties: { ...settings } },
      ]),
    ),
  };
}
