import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../report/finding.ts';
import type { ComponentFile, Piece } from './types.ts';

/** What may stand in a list of files on the node without quotes. A name of only dots could lead elsewhere. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._@+=:-]+$/;
const TEMPLATE = '.ejs';

/** A file as it lies there, without what component.yaml says of it. */
export type Found = Omit<ComponentFile, 'rule' | 'lay'>;

/** The tree below a component's files/ folder by path on the node, sorted; empty where there is none. */
export function readFileTree(root: string): { files: Found[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const files: Found[] = [];
  if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory()) walk(root, '', files, findings);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  files.forEach((file, index) => {
    const other = files[index + 1];
    if (other?.path === file.path) {
      findings.push(refuse('duplicate-file', other.source, `is the same file on the node as ${file.source}`));
    }
  });
  return { files, findings };
}

/** The templates in a component's partials/ folder by name without .ejs, sorted. */
export function readPieces(folder: string): { pieces: Map<string, Piece>; findings: Finding[] } {
  const { files, findings } = readFileTree(folder);
  const pieces = new Map<string, Piece>();
  for (const { path, source, template, content } of files) {
    if (template) pieces.set(path.slice(1), { source, content });
    else findings.push(refuse('bad-partial', source, 'is no template: partials end in .ejs'));
  }
  return { pieces, findings };
}

function walk(folder: string, path: string, files: Found[], findings: Finding[]): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const source = join(folder, entry.name);
    const target = `${path}/${entry.name}`;
    if (!NAME.test(entry.name)) {
      findings.push(
        refuse('bad-file', source, 'has a name that cannot be used: letters, digits and . _ @ + = : - only'),
      );
    } else if (entry.isDirectory()) {
      walk(source, target, files, findings);
    } else if (entry.isFile()) {
      const template = entry.name.endsWith(TEMPLATE);
      files.push({
        path: template ? target.slice(0, -TEMPLATE.length) : target,
        source,
        template,
        content: readFileSync(source),
      });
    } else {
      findings.push(refuse('bad-file', source, 'is neither a file nor a folder (links are not followed)'));
    }
  }
}

function refuse(code: string, source: string, message: string): Finding {
  return { severity: 'error', code, path: 'library', message: `${JSON.stringify(source)} ${message}` };
}
