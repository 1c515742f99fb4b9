import { z } from 'zod';
import { checkSchema } from '../document/check-schema.ts';
import { formatPath } from '../document/path.ts';
import type { Document, Path } from '../document/types.ts';
import type { Finding } from '../report/finding.ts';

/** The check for a setting that its JSON Schema stands for; undefined where that is no schema we can use. */
export function settingSchema(schema: Record<string, unknown>): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return undefined;
  }
}

/** Whether each setting is a JSON Schema that its own default, if it has one, satisfies. */
export function settingFindings(
  document: Document,
  settings: Record<string, Record<string, unknown>>,
): Finding[] {
  return Object.entries(settings).flatMap(([name, written]) => {
    const path: Path = ['settings', name];
    const schema = settingSchema(written);
    if (schema && !Object.hasOwn(written, 'default')) return [];
    if (schema) {
      return checkSchema(document, schema, [...path, 'default']).findings.map((finding) => ({
        ...finding,
        code: 'bad-default',
        message: `the default does not fit the setting: ${finding.message}`,
      }));
    }
    const finding: Finding = {
      severity: 'error',
      code: 'bad-schema',
      path: formatPath(path),
      message: 'not a JSON Schema that can be checked',
      hint: 'keep to type, enum, pattern, minimum, maximum, items, properties and the like',
    };
    const place = document.locate(path, 'key');
    if (place) finding.place = place;
    return [finding];
  });
}
