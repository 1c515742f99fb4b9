import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPath } from '../document/path.ts';
import type { Document, Path } from '../document/types.ts';
import type { Finding } from '../report/finding.ts';
import { readFileTree } from './files.ts';
import type { ComponentFileYaml } from './schema.ts';
import { settingFindings } from './settings.ts';
import type { ByPlatform, Component, ComponentFile, FileRule } from './types.ts';

const DEFAULT_RULE: FileRule = { mode: '0644', owner: 'root', group: 'root' };

/** A component from its checked component.yaml and what lies beside that. */
export function toComponent(
  name: string,
  folder: string,
  written: ComponentFileYaml,
  document: Document,
): { component: Component; findings: Finding[] } {
  const findings: Finding[] = [];
  const add = (code: string, path: Path, message: string, hint?: string): void => {
    const finding: Finding = { severity: 'error', code, path: formatPath(path), message };
    const place = document.locate(path, 'key');
    if (hint !== undefined) finding.hint = hint;
    if (place) finding.place = place;
    findings.push(finding);
  };
  const tree = readFileTree(join(folder, 'files'));
  findings.push(...tree.findings);
  const paths = new Set(tree.files.map((file) => file.path));
  for (const path of Object.keys(written.files ?? {})) {
    if (!paths.has(path))
      add('unknown-file', ['files', path], `there is no such file in ${join(folder, 'files')}`);
  }
  const lay = written.lay ?? 'staged';
  const scripts = { converge: readScript(folder, 'converge.sh'), health: readScript(folder, 'health.sh') };
  const bootcmd = readScript(folder, 'bootcmd.sh');
  for (const [script, text] of Object.entries(scripts)) {
    const file = join(folder, `${script}.sh`);
    if (lay === 'staged' && text === undefined) add('script-missing', [], `there is no ${file}`);
    if (lay === 'direct' && text !== undefined) {
      add('script-unused', ['lay'], `${file} is never run: the component is laid directly`);
    }
  }
  const labels = (written.secrets ?? []).map((secret) => secret.label);
  labels.forEach((label, index) => {
    if (labels.indexOf(label) < index)
      add('duplicate-secret', ['secrets', index], 'this label is there twice');
  });
  findings.push(...settingFindings(document, written.settings ?? {}));

  const { packages = [], variables = {} } = written;
  const component: Component = {
    name,
    summary: written.summary,
    lay,
    after: written.after ?? [],
    packages: byPlatform<string[]>(packages, Array.isArray(packages)),
    variables: byPlatform<Record<string, string>>(variables, isVariables(variables)),
    ports: (written.ports ?? []).map(({ comment, ...port }) =>
      comment === undefined ? port : { ...port, comment },
    ),
    secrets: written.secrets ?? [],
    talksTo: written.talks_to ?? [],
    settings: written.settings ?? {},
    files: tree.files.map((file): ComponentFile => {
      const rule = written.files?.[file.path];
      return {
        ...file,
        rule: {
          mode: rule?.mode ?? DEFAULT_RULE.mode,
          owner: rule?.owner ?? DEFAULT_RULE.owner,
          group: rule?.group ?? DEFAULT_RULE.group,
        },
      };
    }),
    ...(scripts.converge === undefined ? {} : { converge: scripts.converge }),
    ...(scripts.health === undefined ? {} : { health: scripts.health }),
    ...(bootcmd === undefined ? {} : { bootcmd }),
  };
  return { component, findings };
}

function readScript(folder: string, name: string): string | undefined {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** What is written once is for every platform; a map whose values are such things is by platform. */
function byPlatform<T>(written: T | Record<string, T>, isOne: boolean): ByPlatform<T> {
  return Object.assign(Object.create(null), isOne ? { default: written } : written);
}

function isVariables(value: object): boolean {
  return Object.values(value).every((item) => typeof item === 'string');
}
