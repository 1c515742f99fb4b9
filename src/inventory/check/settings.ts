import { checkSchema } from '../../document/check-schema.ts';
import { knownHint, nearest } from '../../document/nearest.ts';
import type { Path } from '../../document/types.ts';
import { settingSchema } from '../../library/settings.ts';
import type { Check } from './context.ts';
import { eachLayer } from './layers.ts';

/** Settings belong to components that exist, are among theirs, and fit the JSON Schema that these give. */
export function checkSettings(check: Check): void {
  const { inventory, library } = check;
  const used = usedComponents(check);
  eachLayer(inventory, ({ settings }, layer) => {
    for (const [name, values] of Object.entries(settings ?? {})) {
      const path = [...layer, 'settings', name];
      const component = library.components.get(name);
      if (!component) {
        const near = nearest(name, library.components.keys());
        const hint = near && `did you mean ${near}?`;
        check.report({
          code: 'unknown-component',
          path,
          at: 'key',
          message: `there is no component ${name}`,
          hint,
        });
        continue;
      }
      if (!used.has(name)) {
        const message = `no host has the component ${name}`;
        check.report({
          severity: 'warning',
          code: 'setting-unused',
          path,
          at: 'key',
          message,
          whole: [['hosts'], ['groups']],
        });
      }
      for (const setting of Object.keys(values))
        checkSetting(check, component.settings, name, [...path, setting]);
    }
  });
}

function usedComponents({ hosts, library }: Check): Set<string> {
  const roles = new Set(['base', ...hosts.flatMap((host) => host.roles)]);
  return new Set([...roles].flatMap((role) => library.roles.get(role)?.components ?? []));
}

function checkSetting(
  check: Check,
  settings: Record<string, Record<string, unknown>>,
  component: string,
  path: Path,
): void {
  const name = String(path.at(-1));
  const written = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (written === undefined) {
    const hint = knownHint(name, Object.keys(settings));
    const message = `component ${component} has no setting ${name}`;
    check.report({ code: 'unknown-setting', path, at: 'key', message, hint });
    return;
  }
  const schema = settingSchema(written);
  if (schema) check.findings.push(...checkSchema(check.document, schema, path).findings);
}
