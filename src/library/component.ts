import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPath } from '../document/path.ts';
import type { Document, Path } from '../document/types.ts';
import type { Finding } from '../report/finding.ts';
import { readFileTree, readPieces } from './files.ts';
import type { ComponentFileYaml, FileRuleYaml } from './schema.ts';
import { settingFindings } from './settings.ts';
import type { ByPlatform, Component, ComponentFile, FileRule } from './types.ts';

const DEFAULT_RULE: FileRule = { mode: '0644', owner: 'root', group: 'root' };

/** A component's folder as it was read, before anything in it is judged. */
interface Folder {
  name: string;
  path: string;
  written: ComponentFileYaml;
  document: Document;
  tree: ReturnType<typeof readFileTree>;
  pieces: ReturnType<typeof readPieces>;
  client: ReturnType<typeof readFileTree>;
  scripts: { converge: string | undefined; health: string | undefined };
}

/** A component from its checked component.yaml and what lies beside that. */
export function toComponent(
  name: string,
  path: string,
  written: ComponentFileYaml,
  document: Document,
): { component: Component; findings: Finding[] } {
  const tree = readFileTree(join(path, 'files'));
  const pieces = readPieces(join(path, 'partials'));
  const client = readFileTree(join(path, 'client'));
  const scripts = { converge: readScript(path, 'converge.sh'), health: readScript(path, 'health.sh') };
  const folder: Folder = { name, path, written, document, tree, pieces, client, scripts };
  return {
    component: componentOf(folder),
    findings: [...tree.findings, ...pieces.findings, ...client.findings, ...findingsOf(folder)],
  };
}

function findingsOf({ path, written, document, tree, scripts }: Folder): Finding[] {
  const findings: Finding[] = [];
  const add = (code: string, at: Path, message: string): void => {
    const place = document.locate(at, 'key');
    findings.push({ severity: 'error', code, path: formatPath(at), message, ...(place && { place }) });
  };
  const paths = new Set(tree.files.map((file) => file.path));
  for (const [file, rule] of Object.entries(written.files ?? {})) {
    if (!paths.has(file))
      add('unknown-file', ['files', file], `there is no such file in ${join(path, 'files')}`);
    findings.push(...layFindings(document, file, rule, written.lay));
  }
  for (const [script, text] of Object.entries(scripts)) {
    const file = join(path, `${script}.sh`);
    if (written.lay !== 'direct' && text === undefined) add('script-missing', [], `there is no ${file}`);
    if (written.lay === 'direct' && text !== undefined) {
      add('script-unused', ['lay'], `${file} is never run: the component is laid directly`);
    }
  }
  (written.secrets ?? []).forEach(({ of, scope }, index) => {
    if (of !== undefined && scope === 'fleet')
      add('secret-of-fleet', ['secrets', index, 'of'], 'all hosts have the same secret of scope fleet');
  });
  // One name space: `stackseed secrets rotate LABEL` takes either.
  const labels = new Set<string>();
  for (const key of ['secrets', 'certificates'] as const) {
    (written[key] ?? []).forEach(({ label }, index) => {
      if (labels.has(label)) add('duplicate-secret', [key, index], 'this label is there twice');
      labels.add(label);
    });
  }
  return [...findings, ...settingFindings(document, written.settings ?? {})];
}

/**
 * cloud-init gives up the rest of its list at an owner that does not exist, and before there are packages only
 * root is sure to. A component that never converges has nobody who would lay a staged file.
 */
function layFindings(
  document: Document,
  file: string,
  { lay, owner = 'root', group = 'root' }: FileRuleYaml,
  ofComponent: ComponentFileYaml['lay'],
): Finding[] {
  const found = (code: string, key: string, message: string, hint: string): Finding[] => {
    const at: Path = ['files', file, key];
    const place = document.locate(at);
    return [{ severity: 'error', code, path: formatPath(at), message, hint, ...(place && { place }) }];
  };
  if (lay === 'staged' && ofComponent === 'direct') {
    const hint = 'take it out: the component is laid directly';
    return found('lay-never', 'lay', 'a file that nobody would lay', hint);
  }
  if ((lay ?? ofComponent) !== 'direct' || (owner === 'root' && group === 'root')) return [];
  const hint = 'leave the owner to root, or have it laid when the component converges (lay: staged)';
  const key = owner === 'root' ? 'group' : 'owner';
  return found('direct-owner', key, 'laid before there are packages, so only root is sure to exist', hint);
}

function componentOf({ name, path, written, tree, pieces, client, scripts }: Folder): Component {
  const { packages = [], variables = {}, debconf = [], lay = 'staged' } = written;
  const bootcmd = readScript(path, 'bootcmd.sh');
  return {
    name,
    summary: written.summary,
    lay,
    after: written.after ?? [],
    resumes: written.resumes ?? false,
    packages: byPlatform<string[]>(packages, Array.isArray(packages)),
    debconf: byPlatform<string[]>(debconf, Array.isArray(debconf)),
    variables: byPlatform<Record<string, string>>(variables, isVariables(variables)),
    ports: (written.ports ?? []).map(({ comment, ...port }) => ({
      ...port,
      ...(comment !== undefined && { comment }),
    })),
    secrets: (written.secrets ?? []).map(({ of, overlaps, alternates, ...secret }) => ({
      ...secret,
      ...(of !== undefined && { of }),
      ...(overlaps && { overlaps }),
      ...(alternates && { alternates }),
    })),
    certificates: written.certificates ?? [],
    talksTo: written.talks_to ?? [],
    settings: written.settings ?? {},
    files: tree.files.map((file): ComponentFile => {
      const rule = written.files?.[file.path];
      const { mode, owner, group } = { ...DEFAULT_RULE, ...defined(rule) };
      return { ...file, rule: { mode, owner, group }, lay: rule?.lay ?? lay };
    }),
    partials: pieces.pieces,
    client: client.files.map((file): ComponentFile => {
      return { ...file, rule: { ...DEFAULT_RULE, mode: '0600' }, lay: 'staged' };
    }),
    ...defined({ ...scripts, bootcmd }),
  };
}

/** Without the keys that say nothing. */
function defined<T extends object>(partial: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const said = Object.entries(partial ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as { [K in keyof T]?: Exclude<T[K], undefined> };
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
