import { nearest } from '../document/nearest.ts';
import { formatPath } from '../document/path.ts';
import type { Document, Path } from '../document/types.ts';
import type { Finding } from '../report/finding.ts';
import type { Entries, Entry } from './entries.ts';
import type { Component, Library, Role, SecretRule } from './types.ts';

/** What a library's files say of each other. Names of broken files count as known: they have findings of their own. */
export function checkLibrary(library: Library, entries: Entries): Finding[] {
  const names = {
    platforms: entries.platforms.map((entry) => entry.name),
    roles: entries.roles.map((entry) => entry.name),
    components: entries.components.map((entry) => entry.name),
  };
  const findings: Finding[] = [];
  for (const { value, document } of entries.roles) {
    value?.components.forEach((name, index) => {
      unknown(findings, document, ['components', index], 'component', name, names.components);
    });
    value?.needs.forEach((name, index) => {
      unknown(findings, document, ['needs', index], 'role', name, names.roles);
    });
  }
  for (const { value, document } of entries.components) {
    if (!value) continue;
    value.after.forEach((name, index) => {
      unknown(findings, document, ['after', index], 'component', name, names.components);
    });
    value.talksTo.forEach((name, index) => {
      listed(findings, document, ['talks_to', index], name, library.roles, names.roles);
    });
    value.ports.forEach((port, index) => {
      if (!port.from.startsWith('role:')) return;
      listed(findings, document, ['ports', index, 'from'], port.from.slice(5), library.roles, names.roles);
    });
    value.secrets.forEach(({ of }, index) => {
      if (of === undefined || value.talksTo.includes(of)) return;
      const message = `the component does not talk to ${of}`;
      const hint = `name it under talks_to as well`;
      report(findings, document, 'role-not-peer', ['secrets', index, 'of'], message, hint);
    });
    checkPlatformKeys(findings, document, value, names.platforms);
  }
  checkDirectFiles(findings, entries.components);
  checkSharedSecrets(findings, entries.components);
  checkCycles(findings, entries.components);
  checkVariables(findings, library, entries.components);
  return findings;
}

function report(
  findings: Finding[],
  document: Document,
  code: string,
  path: Path,
  message: string,
  hint?: string,
): void {
  const finding: Finding = { severity: 'error', code, path: formatPath(path), message };
  if (hint !== undefined) finding.hint = hint;
  const place = document.locate(path, typeof path.at(-1) === 'number' ? 'value' : 'key');
  if (place) finding.place = place;
  findings.push(finding);
}

function unknown(
  findings: Finding[],
  document: Document,
  path: Path,
  kind: string,
  name: string,
  known: string[],
): boolean {
  if (known.includes(name)) return false;
  const near = nearest(name, known);
  report(
    findings,
    document,
    `unknown-${kind}`,
    path,
    `there is no ${kind} ${name}`,
    near && `did you mean ${near}?`,
  );
  return true;
}

function listed(
  findings: Finding[],
  document: Document,
  path: Path,
  name: string,
  roles: Map<string, Role>,
  known: string[],
): void {
  if (unknown(findings, document, path, 'role', name, known)) return;
  if (roles.get(name)?.listed !== false) return;
  const hint = 'only hosts of a role with "listed: true" may be named in the seeds of others';
  report(findings, document, 'role-not-listed', path, `role ${name} is not listed`, hint);
}

function checkPlatformKeys(
  findings: Finding[],
  document: Document,
  component: Component,
  known: string[],
): void {
  for (const key of ['packages', 'variables', 'debconf'] as const) {
    for (const platform of Object.keys(component[key])) {
      if (platform !== 'default') unknown(findings, document, [key, platform], 'platform', platform, known);
    }
  }
}

/** cloud-init would write both, and the node would take the first for torn for ever. */
function checkDirectFiles(findings: Finding[], components: Entry<Component>[]): void {
  const owners = new Map<string, { name: string; lay: string }>();
  for (const { name, value, document } of components) {
    for (const { path, lay } of value?.files ?? []) {
      const other = owners.get(path);
      owners.set(path, { name, lay });
      if (other === undefined || (lay === 'staged' && other.lay === 'staged')) continue;
      const message = `${path} is also a file of the component ${other.name}`;
      const hint = 'a file that is laid directly belongs to one component';
      report(findings, document, 'file-clash', ['files', path], message, hint);
    }
  }
}

/** Two components that have one secret would hold different values of it, or show them at different times. */
function checkSharedSecrets(findings: Finding[], components: Entry<Component>[]): void {
  const known = new Map<string, { name: string; rule: SecretRule }>();
  for (const { name, value, document } of components) {
    value?.secrets.forEach((rule, index) => {
      const first = known.get(rule.label);
      if (!first) known.set(rule.label, { name, rule });
      for (const key of ['scope', 'format', 'overlaps', 'alternates'] as const) {
        if (!first || first.rule[key] === rule[key]) continue;
        const message = `the component ${first.name} says ${key}: ${first.rule[key] ?? false} of ${rule.label}`;
        report(
          findings,
          document,
          'secret-clash',
          ['secrets', index],
          message,
          'say the same, or take another label',
        );
      }
    });
  }
}

/** Each cycle of `after` once, at the component in it that comes first. */
function checkCycles(findings: Finding[], components: Entry<Component>[]): void {
  const after = new Map(components.map(({ name, value }) => [name, value?.after ?? []]));
  const done = new Set<string>();
  const visit = (name: string, way: string[]): void => {
    const start = way.indexOf(name);
    if (start >= 0) {
      const cycle = [...way.slice(start), name].join(' → ');
      const entry = components.find((one) => one.name === name);
      if (entry) report(findings, entry.document, 'cycle', ['after'], `each waits for the next: ${cycle}`);
      return;
    }
    if (done.has(name)) return;
    for (const next of after.get(name) ?? []) visit(next, [...way, name]);
    done.add(name);
  };
  for (const { name } of components) visit(name, []);
}

/** Settings become variables of one node.env; two that would have the same name cannot be told apart there. */
function checkVariables(findings: Finding[], library: Library, components: Entry<Component>[]): void {
  const owners = new Map<string, string>();
  for (const platform of library.platforms.values()) {
    for (const name of Object.keys(platform.variables)) owners.set(name, `platform ${platform.name}`);
  }
  for (const { value } of components) {
    for (const variables of Object.values(value?.variables ?? {})) {
      for (const name of Object.keys(variables ?? {})) owners.set(name, `component ${value?.name}`);
    }
  }
  for (const { name, value, document } of components) {
    for (const setting of Object.keys(value?.settings ?? {})) {
      const variable = `${name}_${setting}`.replaceAll('-', '_').toUpperCase();
      const other = owners.get(variable);
      owners.set(variable, `component ${name}`);
      if (other === undefined) continue;
      const message = `its variable ${variable} on the node is also one of ${other}`;
      report(findings, document, 'variable-clash', ['settings', setting], message, 'rename one of the two');
    }
  }
}
