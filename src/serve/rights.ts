import { execFile } from 'node:child_process';
import { access, chmod, chown, constants, lchown, lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { problem } from './problem.ts';

export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** @throws FindingsError when there is no such account */
export async function accountOf(name: string): Promise<Account> {
  const ask = async (what: string) => Number((await promisify(execFile)('id', [what, '--', name])).stdout);
  try {
    return { name, uid: await ask('-u'), gid: await ask('-g') };
  } catch {
    throw problem(
      'serve-user',
      `this machine has no account ${JSON.stringify(name)}`,
      'name another by --user',
    );
  }
}

/** Has the account own the folder of the state, which it will write once this process has no other rights. */
export async function giveFolder(folder: string, { uid, gid }: Account): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Not what a link leads to: whoever owned the folder until now may have put one there.
  for (const name of await readdir(folder)) await lchown(join(folder, name), uid, gid);
  await chown(folder, uid, gid);
}

/**
 * Has the group of the account read the folders of armed hosts, which nobody else can. What is armed later takes the
 * group from the folder above (set-group-id).
 */
export async function giveTokens(www: string, { gid }: Account): Promise<void> {
  const tokens = join(www, 't');
  await mkdir(tokens, { mode: 0o751 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  for (const name of await readdir(tokens, { recursive: true })) await giveGroup(join(tokens, name), gid);
  await giveGroup(tokens, gid);
  await chmod(tokens, 0o2751);
}

async function giveGroup(path: string, gid: number): Promise<void> {
  // One that is disarmed meanwhile is gone.
  const found = await lstat(path).catch(() => undefined);
  if (found && found.gid !== gid) await lchown(path, found.uid, gid);
}

/** Gives up the rights of root for good, groups first: with another user they could not be changed any more. */
export function dropRights({ uid, gid }: Account): void {
  if (!process.setuid || !process.setgid || !process.setgroups) throw new Error('no rights to drop here');
  process.setgroups([gid]);
  process.setgid(gid);
  process.setuid(uid);
  let back = true;
  try {
    process.setuid(0);
  } catch {
    back = false;
  }
  if (back && uid !== 0) throw new Error('could take back the rights of root');
}

/** @throws FindingsError where the folder cannot be read with the rights that are left */
export async function mustRead(folder: string): Promise<void> {
  await access(folder, constants.R_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw problem('serve-tree', `${folder} does not exist`, 'make the tree by `stackseed pxe`');
    throw problem(
      'serve-tree',
      `${folder} cannot be read by the account that serves it`,
      'put the tree where it can, such as below /srv, or name another account by --user',
    );
  });
}
