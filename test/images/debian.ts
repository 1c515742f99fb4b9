import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './run.ts';

export type Suite = 'bookworm' | 'trixie';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Apt lines for a Debian release, from wherever this machine itself gets Debian's packages. A machine
 * that is no Debian gets them from Debian's usual address.
 */
export async function aptLines(suite: Suite, etc = '/etc/apt'): Promise<string[]> {
  const uris = (await sourceTexts(etc))
    .flatMap((text) => text.split('\n'))
    .filter((line) => /^(deb|URIs:)\s/.test(line))
    .flatMap((line) => line.split(/\s+/).filter((word) => /^(https?|file|mirror):/.test(word)))
    .map((uri) => uri.replace(/\/+$/, ''));
  const main = uris.find((uri) => uri.endsWith('/debian')) ?? 'http://deb.debian.org/debian';
  const security =
    uris.find((uri) => uri.endsWith('/debian-security')) ?? 'http://deb.debian.org/debian-security';
  return [
    `deb [signed-by=${keyring}] ${main} ${suite} main`,
    `deb [signed-by=${keyring}] ${main} ${suite}-updates main`,
    `deb [signed-by=${keyring}] ${security} ${suite}-security main`,
  ];
}

async function sourceTexts(etc: string): Promise<string[]> {
  const listed = await readdir(join(etc, 'sources.list.d')).catch(() => []);
  const files = ['sources.list', ...listed.sort().map((file) => join('sources.list.d', file))];
  return Promise.all(files.map((file) => readFile(join(etc, file), 'utf8').catch(() => '')));
}

/** Parts of packages that no test reads. */
const leftOut = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** Options of every bootstrap; they decide what comes out, so they belong to the digest of the cache. */
export const bootstrapOptions = [
  '--mode=root',
  '--variant=minbase',
  '--format=directory',
  '--skip=check/empty',
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=APT::Install-Recommends "false"',
  '--dpkgopt=force-unsafe-io',
  ...leftOut.map((glob) => `--dpkgopt=path-exclude=${glob}`),
];

/** A root filesystem of a Debian release with these packages, in an empty folder. Needs root. */
export async function bootstrap(
  folder: string,
  suite: Suite,
  packages: string[],
  hooks: string[],
  log: string,
): Promise<void> {
  await must(
    [
      'mmdebstrap',
      ...bootstrapOptions,
      `--include=${packages.join(',')}`,
      ...hooks.map((hook) => `--customize-hook=${hook}`),
      suite,
      folder,
      '-',
    ],
    { input: `${(await aptLines(suite)).join('\n')}\n`, log },
  );
}
