import { createHash } from 'node:crypto';
import { chmod, copyFile, link, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { claim } from '../pack/claim.ts';
import { explainSystemError, syncFolder } from '../pack/index.ts';
import type { Finding } from '../report/finding.ts';
import { readArms, removeStray } from './arms.ts';
import { BOOT_FOLDERS, commonTexts } from './boot-files.ts';
import { type BootNetwork, dnsmasqConf, IPXE } from './dnsmasq.ts';
import { makeFolder, OPEN_FILE, writeTexts } from './folders.ts';
import { IMAGE, type ImageFiles, sha256Of } from './image-files.ts';
import { getImage, type ImageSource } from './image-source.ts';
import { netbootProblem } from './problem.ts';
import { readTreeFile, TREE_FILE } from './tree-file.ts';
import type { BootUrls, TreeFile } from './types.ts';

export interface TreeOptions {
  folder: string;
  urls: BootUrls;
  network: Omit<BootNetwork, 'ipxe'>;
  /** Path of an iPXE for UEFI. */
  ipxe?: string;
  images: ImageSource[];
  signal?: AbortSignal;
}

export interface TreeReport {
  /** Real path. */
  folder: string;
  platforms: string[];
  /** What changed, as paths in the tree, sorted. */
  written: string[];
  /** Hosts that are armed, and stay so. */
  armed: string[];
  findings: Finding[];
}

/** Boot loaders, and under which roots they are served. */
const LOADERS: Record<string, string[]> = {
  'pxelinux.0': ['tftp'],
  'ldlinux.c32': ['tftp'],
  'bootx64.efi': ['tftp', 'www'],
  'grubx64.efi': ['tftp', 'www'],
  'bootaa64.efi': ['tftp', 'www'],
  'grubaa64.efi': ['tftp', 'www'],
  [IPXE]: ['tftp', 'www'],
};
const NEEDED = ['pxelinux.0', 'ldlinux.c32', 'bootx64.efi', 'grubx64.efi'];
const WORK = '.work';

/**
 * Brings the tree in line with what is asked: each image and each file whole or not at all, and nothing touched that
 * is right already. Who is armed stays armed. Images come first and tree.json last, so a run that is killed is made
 * good by the next.
 * @throws FindingsError when an image cannot be had, or another run writes to the tree
 */
export async function buildTree(options: TreeOptions): Promise<TreeReport> {
  const { folder } = options;
  try {
    await makeFolder(folder);
    const release = await claim(folder);
    try {
      return await build({ ...options, folder: await realpath(folder) });
    } finally {
      await release();
    }
  } catch (error) {
    throw explainSystemError(error, folder);
  }
}

async function build({ folder, urls, network, ipxe, images, signal }: TreeOptions): Promise<TreeReport> {
  const before = await readTreeFile(folder).catch(() => undefined);
  const arms = await readArms(folder);
  const work = join(folder, WORK);
  await rm(work, { recursive: true, force: true });
  const written: string[] = [];
  const tree: TreeFile = { urls, images: {} };
  const loaders: ImageFiles = new Map(ipxe === undefined ? [] : [[IPXE, await fileAt(ipxe)]]);
  for (const path of ['www/images', 'tftp/images', ...BOOT_FOLDERS]) await makeFolder(join(folder, path));
  await makeFolder(join(folder, 'www/t'), 0o2751);
  try {
    await mkdir(work, { mode: 0o700 });
    for (const source of newestFirst(images)) {
      const place = join(work, source.platform);
      await mkdir(place);
      const files = await getImage(source, place, signal);
      for (const [role, file] of files)
        if (Object.hasOwn(LOADERS, role) && !loaders.has(role)) loaders.set(role, file);
      const sums = await sumsOf(files);
      tree.images[source.platform] = sums;
      if (await putImage(folder, source.platform, files, sums)) written.push(`www/images/${source.platform}`);
    }
    written.push(...(await putLoaders(folder, loaders)));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await dropImages(folder, Object.keys(tree.images));
  const texts = commonTexts();
  texts.set(
    'dnsmasq.conf',
    dnsmasqConf({ ...network, ipxe: ipxe !== undefined }, { tftp: join(folder, 'tftp'), http: urls.http }),
  );
  texts.set(TREE_FILE, `${JSON.stringify(sorted(tree), null, 2)}\n`);
  written.push(...(await writeTexts(folder, texts)));
  await removeStray(folder, arms);
  const findings = [
    ...NEEDED.filter((role) => !loaders.has(role)).map(missingLoader),
    ...(network.dhcp === 'proxy' && ipxe === undefined ? [NO_IPXE] : []),
    ...(before && before.urls.http !== urls.http && arms.length > 0 ? [oldUrl(before.urls.http)] : []),
  ];
  const armed = arms.map(({ host }) => host);
  return { folder, platforms: Object.keys(tree.images).sort(), written: written.sort(), armed, findings };
}

/** The loaders are taken from the newest installer that has them: a newer shim is less likely to be revoked. */
function newestFirst(images: ImageSource[]): ImageSource[] {
  return [...images].sort((one, other) =>
    other.platform.localeCompare(one.platform, 'en', { numeric: true }),
  );
}

async function sumsOf(files: ImageFiles): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const role of IMAGE) {
    const file = files.get(role);
    if (file !== undefined) sums[role] = await sha256Of(file);
  }
  return sums;
}

/** Replaces an image as a whole, for kernel and initrd must fit. TFTP has the same files by a second name. */
async function putImage(
  folder: string,
  platform: string,
  files: ImageFiles,
  sums: Record<string, string>,
): Promise<boolean> {
  if (await isRight(join(folder, 'www/images', platform), sums)) {
    if (await isRight(join(folder, 'tftp/images', platform), withoutLive(sums))) return false;
  }
  for (const root of ['www', 'tftp']) {
    const parent = join(folder, root, 'images');
    const next = join(parent, `.${platform}.new`);
    await rm(next, { recursive: true, force: true });
    await makeFolder(next);
    for (const role of Object.keys(root === 'www' ? sums : withoutLive(sums))) {
      const target = join(next, role);
      if (root === 'www') await copyOpen(files.get(role) ?? '', target);
      else await linkOrCopy(join(folder, 'www/images', platform, role), target);
    }
    await syncFolder(next);
    const old = join(parent, `.${platform}.old`);
    await rm(old, { recursive: true, force: true });
    await rename(join(parent, platform), old).catch(ignoreAbsent);
    await rename(next, join(parent, platform));
    await syncFolder(parent);
    await rm(old, { recursive: true, force: true });
  }
  return true;
}

function withoutLive({ 'live.iso': _, ...rest }: Record<string, string>): Record<string, string> {
  return rest;
}

async function isRight(folder: string, sums: Record<string, string>): Promise<boolean> {
  const present = await readdir(folder).catch(() => []);
  if (present.sort().join() !== Object.keys(sums).sort().join()) return false;
  for (const [role, sum] of Object.entries(sums))
    if ((await sha256Of(join(folder, role))) !== sum) return false;
  return true;
}

async function dropImages(folder: string, platforms: string[]): Promise<void> {
  for (const root of ['www', 'tftp']) {
    const parent = join(folder, root, 'images');
    for (const name of await readdir(parent))
      if (!platforms.includes(name)) await rm(join(parent, name), { recursive: true });
  }
}

async function putLoaders(folder: string, loaders: ImageFiles): Promise<string[]> {
  const written: string[] = [];
  for (const [role, file] of loaders) {
    for (const root of LOADERS[role] ?? []) {
      const target = join(folder, root, role);
      if ((await sha256Of(target).catch(() => '')) === (await sha256Of(file))) continue;
      const beside = join(folder, WORK, `${createHash('sha256').update(target).digest('hex')}.new`);
      await copyOpen(file, beside);
      await rename(beside, target);
      written.push(`${root}/${role}`);
    }
  }
  return written;
}

async function copyOpen(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, OPEN_FILE);
  const file = await open(to, 'r');
  await file.sync();
  await file.close();
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyOpen(from, to));
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function sorted({ urls, images }: TreeFile): TreeFile {
  const platforms = Object.entries(images).sort(([one], [other]) => (one < other ? -1 : 1));
  return { urls, images: Object.fromEntries(platforms) };
}

/** @throws FindingsError where there is no such file */
async function fileAt(path: string): Promise<string> {
  if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  throw netbootProblem(
    'file-missing',
    'boot.ipxe',
    `${path} is no file`,
    'install the package ipxe (apt-get install ipxe), which has /usr/lib/ipxe/snponly.efi, or name another',
  );
}

const NO_IPXE: Finding = {
  severity: 'warning',
  code: 'loader-missing',
  path: 'boot.ipxe',
  message: 'machines with UEFI cannot boot beside another DHCP server without iPXE, and are told nothing',
  hint: 'name one, such as /usr/lib/ipxe/snponly.efi of the package ipxe; or let this server give out the addresses',
};

function missingLoader(role: string): Finding {
  return {
    severity: 'warning',
    code: 'loader-missing',
    path: 'boot.images',
    message: `no image has ${role}, which machines with ${role.endsWith('.efi') ? 'UEFI' : 'BIOS'} boot first`,
    hint: 'name the whole netboot folder, package or archive of one platform, not only its kernel and initrd',
  };
}

function oldUrl(url: string): Finding {
  return {
    severity: 'warning',
    code: 'arms-old-url',
    path: 'boot.url',
    message: `the hosts that are armed ask ${url} as before`,
    hint: 'arm them again',
  };
}
