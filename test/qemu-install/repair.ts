import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from '../images/cache.ts';
import { must, progress } from '../images/run.ts';
import type { Mirror } from './mirror.ts';
import { indexText, parseIndex, type Stanza, signedText, sumOf, withContent } from './stanzas.ts';

/**
 * What a stale mirror needs. Debian's installer fetches most of itself from the mirror's section of its own, which has
 * to be of its version: some mirrors have an index there of another day, and lack what it names. Then the missing
 * components are made here, out of the ordinary packages that have the same programs and modules. Nothing of the
 * product knows of this.
 */
const DISTS = '/debian/dists/trixie';
const SECTION = 'main/debian-installer/binary-amd64/Packages';

/** Components that come from packages of the same name, and what those need that the components have within. */
const PROGRAMS: Record<string, string[]> = {
  e2fsprogs: ['libext2fs2t64', 'libcom-err2', 'libss2'],
  libmount1: [],
  libfdisk1: [],
  libsmartcols1: [],
  fdisk: [],
  eject: [],
  'ntfs-3g': ['libntfs-3g89t64'],
  xfsprogs: [],
};

/** Folders of the kernel's modules that the installer's initrd lacks. */
const MODULES = [
  ...['arch', 'crypto', 'lib', 'drivers/ata', 'drivers/block', 'drivers/cdrom', 'drivers/md', 'drivers/scsi'],
  ...['drivers/virtio', 'fs/ext4', 'fs/fat', 'fs/isofs', 'fs/jbd2', 'fs/mbcache.ko.xz', 'fs/nls', 'fs/xfs'],
];

/** The version of the kernel that an installer's initrd has modules for. */
export async function kernelOf(initrd: string): Promise<string> {
  const names = await must(['sh', '-c', 'zcat "$1" | cpio --list --quiet', 'sh', initrd]);
  const version = /^(?:usr\/)?lib\/modules\/([^/\n]+)$/m.exec(names)?.[1];
  if (version === undefined) throw new Error(`${initrd} has no modules`);
  return version;
}

/** Puts right, for those who ask the mirror, what it has of the installer with this initrd. Says whether it had to. */
export async function repair(mirror: Mirror, initrd: string): Promise<boolean> {
  const kernel = await kernelOf(initrd);
  const release = signedText((await mirror.get(`${DISTS}/InRelease`)).toString('latin1'));
  const packed = await mirror.get(`${DISTS}/${SECTION}.xz`);
  const section = parseIndex(await unpacked(packed));
  if (await isSound(mirror, release, packed, section, kernel)) return false;
  const main = await mainIndex(mirror, release);
  const wanted = section.filter(({ 'Kernel-Version': of }) => of === undefined || of === kernel);
  const folder = await cached('udebs', [kernel, PROGRAMS, MODULES, digest('sha256', packed)], (building) =>
    build(building, { mirror, main, section, kernel }),
  );
  const made = parseIndex(await readFile(join(folder, 'Packages'), 'utf8'));
  const others = wanted.filter(({ Package }) => !made.some((one) => one['Package'] === Package));
  await writeFile(join(folder, 'section'), indexText([...others, ...made]));
  const index = Buffer.from(
    await must(['sh', '-c', 'xz --stdout "$1" | base64 --wrap=0', 'sh', join(folder, 'section')]),
    'base64',
  );
  for (const { Filename = '' } of made)
    mirror.replace(`/debian/${Filename}`, { file: join(folder, Filename) });
  const sums = { 32: digest('md5', index), 40: digest('sha1', index), 64: digest('sha256', index) };
  const changed = withContent(release, `${SECTION}.xz`, index.length, sums);
  mirror.replace(`${DISTS}/${SECTION}.xz`, index);
  mirror.replace(`${DISTS}/Release`, Buffer.from(changed, 'latin1'));
  progress(`the mirror's section of the installer is stale: ${made.length} components are made here`);
  return true;
}

/** Whether an installer with this kernel finds there what it needs. */
async function isSound(
  mirror: Mirror,
  release: string,
  packed: Buffer,
  section: Stanza[],
  kernel: string,
): Promise<boolean> {
  if (sumOf(release, `${SECTION}.xz`) !== digest('sha256', packed)) return false;
  const needed = [`ext4-modules-${kernel}-di`, 'e2fsprogs-udeb'].map((name) => find(section, name));
  for (const one of needed)
    if (one === undefined || !(await mirror.has(`/debian/${one['Filename']}`))) return false;
  return true;
}

async function mainIndex(mirror: Mirror, release: string): Promise<Stanza[]> {
  const sum = sumOf(release, 'main/binary-amd64/Packages.xz');
  return parseIndex(await unpacked(await mirror.get(`${DISTS}/main/binary-amd64/by-hash/SHA256/${sum}`)));
}

interface Sources {
  mirror: Mirror;
  main: Stanza[];
  section: Stanza[];
  kernel: string;
}

async function build(folder: string, { mirror, main, section, kernel }: Sources): Promise<void> {
  const work = join(folder, 'work');
  const made: Stanza[] = [];
  const unpack = async (name: string, into: string) => {
    const one = find(main, name);
    if (!one) throw new Error(`the mirror has no package ${name}`);
    await mkdir(work, { recursive: true });
    const file = join(work, 'package.deb');
    await writeFile(file, await mirror.get(`/debian/${one['Filename']}`));
    await must(['dpkg-deb', '--extract', file, into]);
    return one['Version'] ?? '';
  };
  const pack = async (stanza: Stanza, root: string, postinst?: string) => {
    const name = `${stanza['Package']}.udeb`;
    const control: Stanza = { ...stanza, Architecture: 'amd64', Maintainer: 'nobody <nobody@example.net>' };
    control['Section'] = 'debian-installer';
    control['Description'] = 'made of the ordinary package';
    await mkdir(join(root, 'DEBIAN'), { recursive: true });
    await writeFile(join(root, 'DEBIAN/control'), indexText([control]));
    if (postinst !== undefined) await writeFile(join(root, 'DEBIAN/postinst'), postinst, { mode: 0o755 });
    const path = join(folder, 'made', name);
    await mkdir(dirname(path), { recursive: true });
    await must(['dpkg-deb', '--root-owner-group', '-Zxz', '-z1', '--build', root, path]);
    const content = await readFile(path);
    made.push({
      ...control,
      Filename: `made/${name}`,
      Size: String(content.length),
      MD5sum: digest('md5', content),
      SHA256: digest('sha256', content),
    });
    await rm(root, { recursive: true });
  };
  for (const [name, libraries] of Object.entries(PROGRAMS)) {
    const like = find(section, `${name}-udeb`);
    if (!like) continue;
    const root = join(work, 'root');
    const version = await unpack(name, root);
    for (const library of libraries) await unpack(library, root);
    for (const path of ['usr/share', 'etc', 'usr/lib/systemd', 'usr/lib/udev'])
      await rm(join(root, path), { recursive: true, force: true });
    await pack(fieldsOf(like, { Package: `${name}-udeb`, Version: version }), root);
  }
  const whole = join(work, 'kernel');
  const version = await unpack(`linux-image-${kernel}`, whole);
  const root = join(work, 'root');
  for (const path of MODULES) {
    const part = join('usr/lib/modules', kernel, 'kernel', path);
    await mkdir(dirname(join(root, part)), { recursive: true });
    await cp(join(whole, part), join(root, part), { recursive: true });
  }
  await pack(
    {
      Package: `ext4-modules-${kernel}-di`,
      Version: version,
      Provides: provided(section).join(', '),
      Depends: `kernel-image-${kernel}-di`,
      'Kernel-Version': kernel,
      Priority: 'standard',
    },
    root,
    `#!/bin/sh\ndepmod -a ${kernel}\n`,
  );
  await rm(work, { recursive: true });
  await writeFile(join(folder, 'Packages'), indexText(made));
}

/** The names by which other components ask for the modules that are in the one that is made. */
function provided(section: Stanza[]): string[] {
  const names = ['ext4', 'md', 'loop', 'xfs', 'isofs', 'cdrom-core', 'ata', 'sata', 'pata', 'scsi', 'nbd'];
  const modules = section.filter(({ Package = '' }) =>
    names.some((one) => Package.startsWith(`${one}-modules-`)),
  );
  const all = modules.flatMap(({ Provides = '' }) => Provides.split(/, */)).filter(Boolean);
  return [...new Set(all)].sort();
}

function fieldsOf(like: Stanza, own: Stanza): Stanza {
  const { Depends, Provides, Priority = 'optional' } = like;
  return { ...own, ...(Depends && { Depends }), ...(Provides && { Provides }), Priority };
}

function find(index: Stanza[], name: string): Stanza | undefined {
  return index.find(({ Package }) => Package === name);
}

async function unpacked(packed: Buffer): Promise<string> {
  return must(['sh', '-c', 'base64 --decode | xz --decompress --stdout'], {
    input: packed.toString('base64'),
  });
}

function digest(kind: 'md5' | 'sha1' | 'sha256', content: Buffer): string {
  return createHash(kind).update(content).digest('hex');
}
