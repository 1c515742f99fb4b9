import { valueAt } from '../../document/check-schema.ts';
import { formatPath } from '../../document/path.ts';
import type { Document, Path } from '../../document/types.ts';
import type { Library } from '../../library/types.ts';
import type { Finding, Place, Severity } from '../../report/finding.ts';
import type { Inventory, InventoryHost } from '../schema.ts';

export interface CheckInput {
  document: Document;
  /** What is left of it when all that does not fit the schema is taken out. */
  inventory: Inventory;
  library: Library;
  /** What was taken out: nothing is said about it a second time. */
  removed: Path[];
  options: { platform?: string };
}

/** A host with what its groups give it. */
export interface CheckedHost {
  name: string;
  host: InventoryHost;
  /** Roles of its groups and its own, each once, without those that every host has. */
  roles: string[];
  absent: boolean;
}

/** What a rule says. `about` names places that it depends on besides its own. */
export interface Report {
  severity?: Severity;
  code: string;
  path: Path;
  message: string;
  hint?: string | undefined;
  /** What to show: the value, unless "key". */
  at?: 'key' | 'value';
  also?: { message: string; path: Path; at?: 'key' | 'value' }[];
  about?: Path[];
  /** Places of which everything counts: where something below was taken out, nothing is said. */
  whole?: Path[];
}

export interface Check extends CheckInput {
  hosts: CheckedHost[];
  findings: Finding[];
  report(report: Report): void;
  /** Whether a key is in the file, even where what it holds is broken. */
  written(path: Path): boolean;
}

export function context(input: CheckInput): Check {
  const { document, inventory, removed } = input;
  const findings: Finding[] = [];
  const broken = ({ path, about = [], whole = [] }: Report): boolean =>
    removed.some(
      (gone) =>
        startsWith(path, gone) ||
        (path.length > 1 && startsWith(gone, path)) ||
        about.some((other) => startsWith(other, gone)) ||
        whole.some((other) => startsWith(gone, other) || startsWith(other, gone)),
    );
  const report = (said: Report): void => {
    if (broken(said)) return;
    const { severity = 'error', code, path, message, hint, at = 'value', also = [] } = said;
    const finding: Finding = { severity, code, path: formatPath(path), message };
    if (hint !== undefined) finding.hint = hint;
    const place = placeOf(document, path, at);
    if (place) finding.place = place;
    const others = also.flatMap((one) => {
      const where = document.locate(one.path, one.at ?? 'value');
      return where ? [{ message: one.message, place: where }] : [];
    });
    if (others.length > 0) finding.also = others;
    findings.push(finding);
  };
  const hosts = Object.entries(inventory.hosts).map(([name, host]) => ({
    name,
    host,
    roles: rolesOf(inventory, host),
    absent: host.state === 'absent',
  }));
  const written = (path: Path): boolean => valueAt(document.value, path) !== undefined;
  return { ...input, hosts, findings, report, written };
}

/** Of what is not there, the place of the key that should hold it. */
function placeOf(document: Document, path: Path, at: 'key' | 'value'): Place | undefined {
  const place = document.locate(path, at);
  return place ?? (path.length > 0 ? placeOf(document, path.slice(0, -1), 'key') : undefined);
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.length <= path.length && beginning.every((step, index) => step === path[index]);
}

function rolesOf(inventory: Inventory, host: InventoryHost): string[] {
  const groups = inventory.groups ?? {};
  const ofGroups = (host.groups ?? []).flatMap((name) =>
    Object.hasOwn(groups, name) ? (groups[name]?.roles ?? []) : [],
  );
  return [...new Set([...ofGroups, ...(host.roles ?? [])])];
}
