import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../fixtures.ts';

/** A disk as the kernel shows it. */
export interface PretendDisk {
  /** "sda" */
  name: string;
  megabytes: number;
  removable?: boolean;
  /** Names below /dev/disk/by-id. */
  ids?: string[];
}

export interface Run {
  status: number | null;
  stderr: string;
  /** What the script said, line by line. */
  said: string[];
  read(path: string): string;
  has(path: string): boolean;
}

/**
 * Runs a script of preseed/ in a pretend installer below `folder`: by busybox's shell, with busybox's programs and
 * no others, but for the installer's own, which are stubs that do as much as is asked of them here.
 */
export function runInInstaller(
  folder: string,
  script: 'early.sh' | 'late.sh',
  given: {
    env: string;
    disks?: PretendDisk[];
    uefi?: boolean;
    mounts?: string;
    /** Files that are served beside the preseed. */
    served?: Map<string, string>;
    /** Milliseconds after which a script that waits is stopped. */
    patience?: number;
  },
): Run {
  const at = (path: string) => join(folder, path);
  const put = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  put('tmp/stackseed/install.env', given.env);
  put('proc/mounts', given.mounts ?? 'rootfs / rootfs rw 0 0\n');
  put('dev/console', '');
  for (const { name, megabytes, removable, ids = [] } of given.disks ?? []) {
    put(`dev/${name}`, '');
    put(`sys/block/${name}/size`, `${Math.ceil((megabytes * 1_000_000) / 512)}\n`);
    put(`sys/block/${name}/removable`, removable ? '1\n' : '0\n');
    mkdirSync(at('dev/disk/by-id'), { recursive: true });
    for (const id of ids) symlinkSync(`../../${name}`, at(`dev/disk/by-id/${id}`));
  }
  if (given.uefi) mkdirSync(at('sys/firmware/efi'), { recursive: true });
  for (const [name, text] of given.served ?? []) put(`served/${name}`, text);
  const bin = at('bin');
  mkdirSync(bin, { recursive: true });
  spawnSync('busybox', ['--install', '-s', bin]);
  for (const [name, text] of Object.entries(stubs(folder, given.disks ?? []))) {
    const path = join(bin, name);
    spawnSync('rm', ['-f', path]);
    writeFileSync(path, `#!${bin}/sh\n${text}`);
    chmodSync(path, 0o755);
  }
  const { status, stderr } = spawnSync(join(bin, 'sh'), [join(root, 'preseed', script)], {
    encoding: 'utf8',
    env: { ROOT: folder, PATH: bin, PAUSE: '0.05' },
    timeout: given.patience ?? 20_000,
    killSignal: 'SIGKILL',
  });
  const read = (path: string) => readFileSync(at(path), 'utf8');
  const has = (path: string) => existsSync(at(path));
  const said = has('said') ? read('said').trimEnd().split('\n') : [];
  return { status, stderr, said, read, has };
}

function stubs(folder: string, disks: PretendDisk[]): Record<string, string> {
  const list = disks.map(({ name }) => `echo /dev/${name}\n`).join('');
  return {
    'list-devices': `[ "$1" = disk ] || exit 2\n${list}exit 0\n`,
    logger: `[ "$1 $2" = '-t stackseed' ] || exit 2\necho "$3" >>'${folder}/said'\n`,
    // The first fetch of each file fails, as where a boot server is away for a moment.
    preseed_fetch: `echo "$*" >>'${folder}/fetched'
if [ ! -e '${folder}/tried-'"$1" ]; then : >'${folder}/tried-'"$1"; exit 1; fi
cp '${folder}/served/'"$1" "$2" || exit 1
[ -z "\${3:-}" ] || [ "$(md5sum "$2" | cut -d' ' -f1)" = "$3" ] || exit 2
`,
    'debconf-set-selections': `cp "$1" '${folder}/selections'\n`,
    mount: `[ "$1 $2" = '-t vfat' ] || exit 2\necho "mount $3" >>'${folder}/mounted'\nln -s "${folder}/esp-\${3##*/}" "$4.link"\nrmdir "$4"; mv "$4.link" "$4"\n`,
    umount: `rm "$1"; mkdir "$1"\n`,
    sync: 'exit 0\n',
  };
}
