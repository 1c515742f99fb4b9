import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** The parts of a user-data that judges ask for. */
export interface UserData {
  users?: { name: string; sudo?: string }[];
  write_files?: { path: string; permissions?: string; encoding?: string; content: string }[];
}

const components = '/var/lib/stackseed/seed/components';

/**
 * Lays what a user-data writes into a folder, as cloud-init and then the node engine would: first
 * write_files, then every component's staged files in their final place. Owners are left as they
 * are. Gives the absolute paths, as on the node, of everything in its final place.
 */
export async function explode(userData: string, root: string): Promise<string[]> {
  const { write_files = [], users = [] } = parse(userData) as UserData;
  const laid = new Set<string>();
  for (const file of write_files) {
    const content = Buffer.from(file.content, file.encoding === 'b64' ? 'base64' : 'utf8');
    await lay(root, file.path, content, file.permissions ?? '0644');
    laid.add(file.path);
  }
  for (const list of [...laid].filter(
    (path) => path.endsWith('/files.list') && path.startsWith(components),
  )) {
    for (const line of (await readFile(join(root, list), 'utf8')).split('\n').filter(Boolean)) {
      const [mode = '', , , ...rest] = line.split(' ');
      const path = rest.join(' ');
      await lay(root, path, await readFile(join(root, dirname(list), 'files', path)), mode);
      laid.add(path);
    }
  }
  const sudoers = users.filter(({ sudo }) => sudo).map(({ name, sudo }) => `${name} ${sudo}\n`);
  // Where cloud-init collects the rules of `users`.
  const collected = '/etc/sudoers.d/90-cloud-init-users';
  await lay(root, collected, Buffer.from(sudoers.join('')), '0440');
  laid.add(collected);
  return [...laid].sort();
}

async function lay(root: string, path: string, content: Buffer, mode: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
  await chmod(target, Number.parseInt(mode, 8));
}
