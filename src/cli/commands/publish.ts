import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadFleet } from '../../generate/load.ts';
import { explainSystemError, removeFolder, SEED_FILES, writeAtomic } from '../../pack/index.ts';
import type { Plan } from '../../plan/types.ts';
import type { Tree } from '../../render/tree.ts';
import { type Finding, FindingsError } from '../../report/finding.ts';
import { keysFromEnvironment, readSecrets, type Secrets, secretValues } from '../../secrets/index.ts';
import { type Context, type FleetOptions, fileFrom, inventoryFile, loadOptions } from '../context.ts';
import { printFindings } from '../findings.ts';
import { readSeeds } from '../seeds.ts';
import { count } from '../table.ts';

interface Options extends FleetOptions {
  out: string;
  prune?: boolean;
}

/** The part of a URL that only one host knows: the secret of that label. */
const LABEL = 'pull';
const TOKEN = /^[0-9a-f]{64}$/;

/**
 * Writes the seeds of hosts that take theirs by themselves into a folder that a web server serves: TOKEN/FILE, where only
 * the host knows its token. Files that are the same stay as they are. Others can read neither folder nor files, but the
 * folder's group can.
 */
export async function publish(context: Context, target: string, options: Options): Promise<void> {
  const fleet = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  const keys = await keysFromEnvironment(context.env);
  const { secrets, findings } = await readSecrets(fleet.paths.secrets, keys);
  const all = [...fleet.findings, ...findings];
  if (!secrets) throw new FindingsError(all);
  const tokens = tokensOf(fleet.plan, secrets);
  if (tokens.size === 0) throw new FindingsError([...all, nobody]);
  printFindings(context, all);
  const seeds = await readSeeds(fileFrom(context, options.out), [...tokens.keys()]);
  const folder = fileFrom(context, target);
  try {
    await publishIn(context, { folder, target, seeds, tokens, prune: options.prune ?? false });
  } catch (error) {
    throw error instanceof FindingsError ? error : explainSystemError(error, folder);
  }
}

/** Of the hosts that take their seeds by themselves; two of one host after a rotation. */
function tokensOf({ hosts }: Plan, secrets: Secrets): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name: host, secrets: declared } of hosts)
    for (const { label, format, overlaps } of declared)
      if (label === LABEL)
        found.set(
          host,
          secretValues(secrets, LABEL, { host, format, ...(overlaps && { overlaps }) }).map((one) =>
            one.reveal(),
          ),
        );
  return found;
}

interface Publication {
  folder: string;
  /** As the user named it. */
  target: string;
  seeds: ReadonlyMap<string, Tree>;
  tokens: ReadonlyMap<string, string[]>;
  prune: boolean;
}

async function publishIn(
  context: Context,
  { folder, target, seeds, tokens, prune }: Publication,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const { mode } = await stat(folder);
  const known = new Set<string>();
  let changed = 0;
  for (const [host, tree] of seeds)
    for (const token of tokens.get(host) ?? []) {
      known.add(token);
      if (await put(join(folder, token), tree, mode & 0o2000)) changed++;
    }
  const stale = (await readdir(folder)).filter((name) => TOKEN.test(name) && !known.has(name));
  if (prune) for (const name of stale) await removeFolder(join(folder, name));
  if (context.quiet) return;
  context.stdout.write(
    `${count(seeds.size, 'seed')} in ${target}, ${changed === 0 ? 'none' : changed} written\n`,
  );
  if (stale.length > 0)
    context.stdout.write(
      prune
        ? `${count(stale.length, 'folder')} of earlier hosts or tokens removed\n`
        : `${count(stale.length, 'folder')} there of earlier hosts or tokens: remove by --prune\n`,
    );
}

/** Whether anything had to be written. What says which files belong together comes last. */
async function put(folder: string, tree: Tree, setGroup: number): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  await chmod(folder, 0o750 | setGroup);
  let wrote = false;
  for (const name of SEED_FILES) {
    const file = tree.get(name);
    if (!file) continue;
    const path = join(folder, name);
    const content = Buffer.from(file.content);
    if ((await readFile(path).catch(() => undefined))?.equals(content)) continue;
    await writeAtomic(path, content, 0o640);
    wrote = true;
  }
  return wrote;
}

const nobody: Finding = {
  severity: 'error',
  code: 'no-pull',
  path: 'hosts',
  message: 'no host of this fleet takes its seeds by itself',
  hint: 'those with the role pull do; docs/node.md says how',
};
