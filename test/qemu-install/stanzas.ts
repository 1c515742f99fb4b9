/** A package of an index of Debian's archive: its fields, as they are. */
export type Stanza = Record<string, string>;

/** Reads an index, such as Packages. */
export function parseIndex(text: string): Stanza[] {
  return text
    .split(/\n\n+/)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const fields = [...part.matchAll(/^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)];
      return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]));
    });
}

export function indexText(stanzas: Stanza[]): string {
  const text = (stanza: Stanza) =>
    Object.entries(stanza)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('');
  return stanzas.map(text).join('\n');
}

/** SHA-256 of a file as a Release file says it. @throws Error where that does not name it */
export function sumOf(release: string, path: string): string {
  const part = release.slice(release.indexOf('\nSHA256:\n'));
  const line = part.split('\n').find((one) => one.endsWith(` ${path}`));
  const sum = line?.trim().split(/\s+/)[0];
  if (sum === undefined) throw new Error(`the Release file names no ${path}`);
  return sum;
}

/** The Release file with another content for a path, in each of its lists of digests. */
export function withContent(
  release: string,
  path: string,
  size: number,
  sums: Record<number, string>,
): string {
  return release
    .split('\n')
    .map((line) => {
      if (!line.endsWith(` ${path}`)) return line;
      const before = line.trim().split(/\s+/)[0] ?? '';
      return ` ${sums[before.length] ?? before} ${size} ${path}`;
    })
    .join('\n');
}

/** What is signed in an InRelease file. */
export function signedText(inRelease: string): string {
  const begin = inRelease.indexOf('\n\n') + 2;
  const end = inRelease.indexOf('\n-----BEGIN PGP SIGNATURE');
  if (end < 0) throw new Error('this is no InRelease file');
  return inRelease.slice(begin, end + 1);
}
