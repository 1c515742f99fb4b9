import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages whose release decides what a seed looks like. */
const PACKAGES = ['ejs', 'yaml'];

let known: string | undefined;

/**
 * A digest of the program itself: what it renders from the same inventory may change with any of its modules, and
 * a version number is forgotten too easily. Hex; a few milliseconds, once.
 */
export function programDigest(): string {
  if (known) return known;
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const hash = createHash('sha256');
  const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.d)\.[jt]s$/.test(name),
  );
  // What only speaks to the user decides nothing.
  for (const name of modules.filter((one) => !/^(cli|report|status)\//.test(one)).sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  for (const name of PACKAGES) hash.update(readFileSync(packageFile(name)));
  known = hash.digest('hex');
  return known;
}

/** package.json of a package, which not every one exports: the first above its entry that has a name. */
function packageFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.resolve(name)));
  while (!isPackage(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'package.json');
}

function isPackage(file: string): boolean {
  return existsSync(file) && 'name' in JSON.parse(readFileSync(file, 'utf8'));
}
