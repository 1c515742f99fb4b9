import { createPatch } from 'diff';
import { parse, stringify } from 'yaml';
import type { Tree } from '../render/tree.ts';
import { SIGNATURE, SUMS } from './signed.ts';

/** A file of the node, or a part of its seed, and how it changes. */
export interface FileChange {
  /** Where it is on the node; `network-config`, or `user-data` for what is not a file. */
  path: string;
  change: 'added' | 'removed' | 'changed';
  /** Unified, without the two lines of names; secrets read ***. Absent for what is added, removed or no text. */
  diff?: string;
}

interface SeedFile {
  content: string;
  /** False where it may hold a secret: others cannot read it. */
  open: boolean;
  binary: boolean;
}

/** What a template is given in place of a secret. */
export const MASK = '***';

const STAGED = /^\/var\/lib\/stackseed\/seed\/components\/([^/]+)\/files(\/.*)$/;
/** Digests and lists that follow from the rest. */
const FOLLOWS = /^\/var\/lib\/stackseed\/seed\/(seed\.list|components\/[^/]+\/files\.list)$/;

/**
 * How a seed changes, file by file on the node. `masked` is the new seed rendered with *** for every secret. Old
 * secrets are not known any more, so of a file that others may not read only those old lines are shown that the
 * new file has as well, apart from its secrets.
 */
export function seedDiff(before: Tree, after: Tree, masked: Tree): FileChange[] {
  const [was, is, shown] = [seedFiles(before), seedFiles(after), seedFiles(masked)];
  const paths = [...new Set([...was.keys(), ...is.keys()])].sort();
  return paths
    .filter((path) => !FOLLOWS.test(path))
    .flatMap((path): FileChange[] => {
      const [old, now] = [was.get(path), is.get(path)];
      const name = STAGED.exec(path)?.[2] ?? path;
      if (!old) return [{ path: name, change: 'added' }];
      if (!now) return [{ path: name, change: 'removed' }];
      if (old.content === now.content) return [];
      if (old.binary || now.binary) return [{ path: name, change: 'changed' }];
      const text = shown.get(path)?.content ?? '';
      const open = old.open && now.open && text === now.content;
      return [
        {
          path: name,
          change: 'changed',
          diff: unified(open ? old.content : hidden(old.content, text), text),
        },
      ];
    });
}

/** The old text with *** for each line that the new one does not have, or has with another secret. */
function hidden(old: string, shown: string): string {
  const lines = shown.split('\n');
  const plain = new Set(lines.filter((line) => !line.includes(MASK)));
  const forms = lines
    .filter((line) => line.includes(MASK) && line.trim() !== MASK)
    .map((line) => ({ line, form: new RegExp(`^${line.split(MASK).map(escapeRegExp).join('.*')}$`) }));
  return old
    .split('\n')
    .map((line) => (plain.has(line) ? line : (forms.find(({ form }) => form.test(line))?.line ?? MASK)))
    .join('\n');
}

function unified(old: string, now: string): string {
  if (old === now) return `(only secrets differ, which read ${MASK})\n`;
  const patch = createPatch('', old, now, undefined, undefined, { context: 2 });
  return patch.split('\n').slice(4).join('\n');
}

function seedFiles(tree: Tree): Map<string, SeedFile> {
  const files = new Map<string, SeedFile>();
  const network = tree.get('network-config');
  if (network) files.set('network-config', { content: String(network.content), open: true, binary: false });
  for (const [name, { content }] of tree) {
    // The instance-id and the signature follow from the rest.
    if ([SUMS, SIGNATURE, 'network-config', 'meta-data'].includes(name)) continue;
    // What the installer is told may hold the seed in another form.
    if (name !== 'user-data') files.set(name, { content: String(content), open: false, binary: true });
  }
  const user = parse(String(tree.get('user-data')?.content ?? '{}'), { logLevel: 'silent' });
  const { write_files: written = [], ...rest } = user as { write_files?: WriteFile[] };
  files.set('user-data', { content: masking(stringify(rest, { lineWidth: 0 })), open: true, binary: false });
  const modes = stagedModes(written);
  for (const { path, permissions, encoding, content } of written) {
    const mode = modes.get(path) ?? permissions;
    files.set(path, { content, open: isOpen(path, mode), binary: encoding !== undefined });
  }
  return files;
}

interface WriteFile {
  path: string;
  permissions: string;
  encoding?: string;
  content: string;
}

/** The modes that staged files will have, by where they are staged. */
function stagedModes(files: WriteFile[]): Map<string, string> {
  const lists = files.filter(({ path }) => path.endsWith('/files.list'));
  const modes = lists.flatMap(({ path, content }) =>
    content.split('\n').flatMap((line): [string, string][] => {
      const [mode, , , target] = line.split(' ');
      return mode && target ? [[`${path.slice(0, -'.list'.length)}${target}`, mode]] : [];
    }),
  );
  return new Map(modes);
}

/** A template prints secrets only into files that others cannot read; what the engine adds has none. */
function isOpen(path: string, mode: string): boolean {
  if (!mode.endsWith('0')) return true;
  if (path === '/etc/stackseed/node.env') return true;
  return path.startsWith('/var/lib/stackseed/seed/') && !STAGED.test(path);
}

/** Hashes of passwords can be guessed at. */
function masking(text: string): string {
  return text.replace(/^(\s*passwd:).*$/gm, `$1 ${MASK}`);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
