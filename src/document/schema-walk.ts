import { z } from 'zod';
import type { Path } from './types.ts';

/** The schemas that apply at a path: several where a union is on the way. */
export function partsAt(schema: z.ZodType, path: Path): z.ZodType[] {
  let parts = branches(schema);
  for (const step of path) parts = parts.flatMap((part) => stepInto(part, step)).flatMap(branches);
  return parts;
}

/** What the key at the end of a path must be, where any name goes that has the right form. */
export function keyPartsAt(schema: z.ZodType, path: Path): z.ZodType[] {
  return partsAt(schema, path.slice(0, -1)).flatMap((part) =>
    part instanceof z.ZodRecord ? branches(part.keyType as z.ZodType) : [],
  );
}

function stepInto(part: z.ZodType, step: string | number): z.ZodType[] {
  if (part instanceof z.ZodObject) {
    const shape: Record<string, z.ZodType> = part.shape;
    const next = Object.hasOwn(shape, step) ? shape[step] : undefined;
    return next ? [next] : [];
  }
  if (part instanceof z.ZodRecord) return [part.valueType as z.ZodType];
  return part instanceof z.ZodArray ? [part.element as z.ZodType] : [];
}

/** A schema without its wrappers; a union as its branches, an intersection as its sides. */
function branches(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => branches(option as z.ZodType));
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return branches(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodIntersection) {
    return [schema.def.left, schema.def.right].flatMap((side) => branches(side as z.ZodType));
  }
  return [schema];
}

/** The keys that an object may have; none where any key goes. */
export function keysOf(part: z.ZodType): string[] {
  return part instanceof z.ZodObject ? Object.keys(part.shape) : [];
}

/** Examples that the schemas carry, as one would write them. */
export function examplesOf(parts: z.ZodType[]): string[] {
  const examples = parts.flatMap((part) => {
    const found: unknown = part instanceof z.ZodLiteral ? [...part.values] : part.meta()?.['examples'];
    return Array.isArray(found) ? found : [];
  });
  return examples.map((one) => (typeof one === 'string' ? quoteWhereNeeded(one) : JSON.stringify(one)));
}

function quoteWhereNeeded(text: string): string {
  return /^[\dA-Fa-f]{2}(:[\dA-Fa-f]{2})+$/.test(text) ? `"${text}"` : text;
}
