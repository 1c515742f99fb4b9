import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { Document, isScalar, parse, Scalar, visit } from 'yaml';
import type { Library } from '../../src/library/types.ts';
import type { Tree } from '../../src/render/tree.ts';
import { root } from '../fixtures.ts';

interface WriteFile {
  path: string;
  permissions: string;
  owner: string;
  encoding?: string;
  content: string;
}

/** Files of the library that are copied as they are, by their bytes: path below the repository's root. */
export function verbatim(library: Library): Map<string, string> {
  const texts = [...library.components.values()].flatMap((component): [string, string][] => [
    ...component.files
      .filter((file) => !file.template)
      .map((file): [string, string] => [file.content.toString('utf8'), relative(root, file.source)]),
    ...(component.converge
      ? [[component.converge, `${component.name}/converge.sh`] as [string, string]]
      : []),
    ...(component.health ? [[component.health, `${component.name}/health.sh`] as [string, string]] : []),
    ...(component.bootcmd ? [[component.bootcmd, `${component.name}/bootcmd.sh`] as [string, string]] : []),
  ]);
  return new Map(texts);
}

/**
 * A seed as it is kept under golden/: what the library holds word for word is named, not repeated, and
 * digests, which change with it, are checked against the bytes here and then left out.
 */
export function forReview(tree: Tree, known: Map<string, string>): string {
  const part = (name: string) => String(tree.get(name)?.content);
  const user = parse(part('user-data')) as { write_files: WriteFile[]; bootcmd: string[][] };
  checkSeedList(user.write_files);
  const brief = new Document({
    ...user,
    bootcmd: user.bootcmd.map((command) =>
      command.map((word) => (known.get(word) ? `= ${known.get(word)}` : word)),
    ),
    write_files: user.write_files.map((file) => ({ ...file, content: briefly(file, known) })),
  });
  visit(brief, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === 'string' && node.value.includes('\n'))
        node.type = Scalar.BLOCK_LITERAL;
    },
  });
  const digest = createHash('sha256').update(part('user-data')).update('\0').update(part('network-config'));
  const meta = part('meta-data').replace(digest.digest('hex').slice(0, 16), '<digest>');
  return [
    `===== meta-data\n${meta}`,
    `===== network-config\n${part('network-config')}`,
    `===== user-data\n${brief.toString({ lineWidth: 0 })}`,
  ].join('');
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n/g;

function briefly(file: WriteFile, known: Map<string, string>): string {
  const source = known.get(file.content);
  if (source) return `= ${source}`;
  if (file.path.endsWith('/seed.list')) return '<digests>';
  // The tests' authority is another one each time, and so is what it signs.
  return file.content.replace(CERTIFICATE, '<certificate>\n');
}

/** seed.list names every other file with the digest of its bytes, and its own end. */
function checkSeedList(files: WriteFile[]): void {
  const list = files.at(-1);
  const others = files.slice(0, -1).map((file) => {
    const bytes = Buffer.from(file.content, file.encoding === 'b64' ? 'base64' : 'utf8');
    return `${createHash('sha256').update(bytes).digest('hex')}  ${file.path}\n`;
  });
  if (list?.content !== `${others.join('')}# end ${others.length}\n`)
    throw new Error('seed.list does not fit the files');
}
