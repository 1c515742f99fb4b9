/** Longest target of a request that is looked at. */
const LONGEST = 1024;

/** A name that the tree may have: nothing that leads elsewhere, is hidden, or needs quoting. */
const NAME = /^[A-Za-z0-9_+:~@=,-][A-Za-z0-9._+:~@=,-]{0,254}$/;

/**
 * The names that a request's target leads through, "/images//linux?x" being images and linux, since boot loaders
 * double slashes. Undefined where no file of the tree can be meant: `..`, hidden files, control characters and
 * separators in whatever encoding, targets with a host.
 */
export function pathNames(target: string): string[] | undefined {
  if (!target.startsWith('/') || target.length > LONGEST) return undefined;
  const [path = ''] = target.split(/[?#]/, 1);
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const names = text.split('/').filter((name) => name !== '');
  return names.every((name) => NAME.test(name)) ? names : undefined;
}

/** The MAC address in the name of a boot file, such as "01-52-54-00-12-34-56" or "52:54:00:12:34:56.cfg". */
export function macInName(name: string): string | undefined {
  const pairs = /^(?:01-)?([0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\2[0-9a-f]{2}){4}))(?:\.[a-z]+)?$/i.exec(name);
  const bare = /^([0-9a-f]{12})(?:\.[a-z]+)?$/i.exec(name);
  const found = pairs?.[1]?.replaceAll('-', ':') ?? bare?.[1]?.replace(/(..)(?=.)/g, '$1:');
  return found?.toLowerCase();
}
