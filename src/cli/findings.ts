import type { Finding } from '../report/finding.ts';
import { findingJson, formatFindings } from '../report/print.ts';
import { type Context, writeJson } from './context.ts';

/** Findings for people; where a program listens they are in the document on standard output instead. */
export function printFindings(context: Context, findings: Finding[]): void {
  if (context.json) return;
  context.stderr.write(formatFindings(findings, { color: context.color }));
}

/** What stopped the command: with --json the whole of its document. */
export function reportFailure(context: Context, findings: Finding[]): void {
  if (context.json) writeJson(context, { findings: findings.map(findingJson) });
  else printFindings(context, findings);
}

/** The end of every document of --json. */
export function jsonFindings(findings: Finding[]): { findings: Record<string, unknown>[] } {
  return { findings: findings.map(findingJson) };
}
