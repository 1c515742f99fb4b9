import type { Finding, Place, Severity } from './finding.ts';
import { harmless } from './harmless.ts';
import { sourceLine } from './source-line.ts';

/** ANSI codes; 31 red, 33 yellow, 34 blue, 36 cyan, 1 bold. */
const COLORS = { error: '1;31', warning: '1;33', frame: '1;34', hint: '1;36', strong: '1' };

/** Characters of a message that are printed. */
const LONGEST = 400;

export interface PrintOptions {
  color: boolean;
}

/**
 * A finding as the user sees it, without a line break at its end:
 *
 *     error[hosts.cnt1.networks.manage.mac]: not a MAC address (bad-value)
 *       --> inventory.yaml:12:10
 *        |
 *     12 |     mac: "52:54:00:zz:00:01"
 *        |          ^^^^^^^^^^^^^^^^^^^
 *        = hint: such as "52:54:00:12:34:56"
 *
 * The word in parentheses is the code, which stays the same from release to release.
 */
export function formatFinding(finding: Finding, { color }: PrintOptions): string {
  const paint = (kind: keyof typeof COLORS, text: string): string =>
    color ? `\u001b[${COLORS[kind]}m${text}\u001b[0m` : text;
  const also = finding.also ?? [];
  const places = [...(finding.place ? [finding.place] : []), ...also.map(({ place }) => place)];
  const width = Math.max(1, ...places.map((place) => String(place.line).length));
  const margin = ' '.repeat(width);
  const excerpt = (place: Place, mark: string, kind: keyof typeof COLORS): string[] => {
    const number = paint('frame', `${String(place.line).padStart(width)} |`);
    if (finding.masked) return [`${number} ***`];
    const { source, marks } = sourceLine(place, mark);
    const bar = paint('frame', `${margin} |`);
    return [bar, `${number} ${source}`, `${bar} ${paint(kind, marks)}`];
  };
  const where = finding.path === '' ? '' : `[${brief(finding.path)}]`;
  const title = paint(finding.severity, `${finding.severity}${where}`);
  const out = [`${title}: ${paint('strong', brief(finding.message))} (${finding.code})`];
  if (finding.place) {
    out.push(`${margin}${paint('frame', '-->')} ${formatPlace(finding.place)}`);
    out.push(...excerpt(finding.place, '^', finding.severity));
  }
  for (const { message, place } of also) {
    out.push(`${margin}${paint('frame', ':::')} ${formatPlace(place)}: ${brief(message)}`);
    out.push(...excerpt(place, '-', 'frame'));
  }
  if (finding.hint !== undefined) {
    out.push(`${margin} ${paint('frame', '=')} ${paint('hint', 'hint:')} ${brief(finding.hint)}`);
  }
  return out.join('\n');
}

/** What somebody wrote may be in it, and that may be megabytes. */
function brief(text: string): string {
  return harmless(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** "file:line:column", as editors and terminals make links of it. */
export function formatPlace({ file, line, column }: Place): string {
  return `${harmless(file)}:${line}:${column}`;
}

/** All of them with an empty line between, then the count; empty where there is nothing to say. Ends in a line break. */
export function formatFindings(findings: Finding[], options: PrintOptions): string {
  if (findings.length === 0) return '';
  const parts = findings.map((finding) => formatFinding(finding, options));
  return `${[...parts, countFindings(findings)].join('\n\n')}\n`;
}

/** "3 errors, 1 warning"; "no findings" where there are none. */
export function countFindings(findings: Finding[]): string {
  const count = (severity: Severity): string => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? '' : `${number} ${severity}${number === 1 ? '' : 's'}`;
  };
  return [count('error'), count('warning')].filter((text) => text !== '').join(', ') || 'no findings';
}

/** A finding for programs: the same fields, source lines left out where they are masked. */
export function findingJson(finding: Finding): Record<string, unknown> {
  const { severity, code, path, message, hint, place, also, masked } = finding;
  const strip = ({ source, ...rest }: Place): Record<string, unknown> =>
    masked ? rest : { ...rest, source };
  return {
    severity,
    code,
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place: strip(place) }),
    ...(also === undefined
      ? {}
      : { also: also.map((each) => ({ message: each.message, place: strip(each.place) })) }),
  };
}

/** With `strict`, warnings are errors. */
export function strictly(findings: Finding[], strict: boolean): Finding[] {
  return strict ? findings.map((finding) => ({ ...finding, severity: 'error' })) : findings;
}
