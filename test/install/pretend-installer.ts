import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../fixtures.ts';

export const PROXY = 'http://proxy.example:3142';

/** A disk as the kernel shows it. */
export interface PretendDisk {
  /** "sda" */
  name: string;
  megabytes: number;
  removable?: boolean;
  /** Names below /dev/disk/by-id. */
  ids?: string[];
}

export interface Machine {
  disks?: PretendDisk[];
  uefi?: boolean;
  /** Of /proc/mounts and /proc/cmdline. */
  mounts?: string;
  cmdline?: string;
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
  given: Machine & {
    env: string;
    /** Files that are served beside the preseed. */
    served?: Map<string, string>;
    /** Milliseconds after which a script that waits is stopped. */
    patience?: number;
  },
): Run {
  put(folder, 'tmp/stackseed/install.env', given.env);
  const bin = installer(folder, given);
  return run(folder, [join(bin, 'sh'), join(root, 'preseed', script)], bin, given.patience);
}

/** Runs partman's early_command of a preseed there. */
export function runEarlyCommand(
  folder: string,
  preseed: string,
  given: Machine & { served: Map<string, string> },
): Run {
  const command = /^d-i partman\/early_command string (.*)$/m.exec(preseed)?.[1] ?? '';
  const bin = installer(folder, given);
  putStubs(bin, { sleep: 'exit 0\n' });
  return run(folder, [join(bin, 'sh'), '-c', command.replaceAll('/tmp/', `${folder}/tmp/`)], bin);
}

/** An installer that knows of a proxy for packages. Gives the folder of its programs. */
function installer(folder: string, given: Machine & { served?: Map<string, string> }): string {
  machine(folder, given);
  put(folder, 'proxy', PROXY);
  for (const [name, text] of given.served ?? []) put(folder, `served/${name}`, text);
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  spawnSync('busybox', ['--install', '-s', bin]);
  putStubs(bin, stubs(folder, given.disks ?? []));
  return bin;
}

/**
 * The same for Ubuntu's live session: by dash with this machine's programs, which are of the same kind as those of the
 * session. `laid` is what the session's cloud-init has laid.
 */
export function runInLiveSession(
  folder: string,
  script: 'early.sh' | 'late.sh',
  given: Machine & { laid: Map<string, string>; patience?: number },
): Run {
  machine(folder, given);
  for (const [path, text] of given.laid) put(folder, path, text);
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const list = (given.disks ?? []).map(({ name }) => `echo '/dev/${name} disk'\n`).join('');
  putStubs(bin, {
    lsblk: `${list}echo '/dev/loop0 loop'\n`,
    logger: `echo "$3" >>'${folder}/said'\n`,
    curtin: `echo "curtin $*" >>'${folder}/ran'\n`,
    chpasswd: `echo "chpasswd $* $(cat)" >>'${folder}/ran'\n`,
    sync: 'exit 0\n',
    curl: `case "$*" in *"--noproxy *"*) ;; *) exit 5 ;; esac\nfor url; do :; done; echo "$url" >>'${folder}/asked'\nexit 7\n`,
  });
  const path = `${bin}:/usr/bin:/bin`;
  return run(folder, ['/bin/sh', join(folder, 'run/stackseed', script), 'live'], path, given.patience);
}

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function machine(folder: string, { disks = [], uefi, mounts, cmdline }: Machine): void {
  put(folder, 'proc/mounts', mounts ?? 'rootfs / rootfs rw 0 0\n');
  put(folder, 'dev/console', '');
  put(folder, 'proc/cmdline', cmdline ?? 'BOOT_IMAGE=/casper/vmlinuz autoinstall\n');
  for (const { name, megabytes, removable, ids = [] } of disks) {
    put(folder, `dev/${name}`, '');
    put(folder, `sys/block/${name}/size`, `${Math.ceil((megabytes * 1_000_000) / 512)}\n`);
    put(folder, `sys/block/${name}/removable`, removable ? '1\n' : '0\n');
    mkdirSync(join(folder, 'dev/disk/by-id'), { recursive: true });
    for (const id of ids) symlinkSync(`../../${name}`, join(folder, `dev/disk/by-id/${id}`));
  }
  if (uefi) mkdirSync(join(folder, 'sys/firmware/efi'), { recursive: true });
}

function putStubs(bin: string, texts: Record<string, string>): void {
  const shell = existsSync(join(bin, 'sh')) ? join(bin, 'sh') : '/bin/sh';
  for (const [name, text] of Object.entries(texts)) {
    const path = join(bin, name);
    rmSync(path, { force: true });
    writeFileSync(path, `#!${shell}\n${text}`);
    chmodSync(path, 0o755);
  }
}

function run(folder: string, [program = '', ...rest]: string[], path: string, patience = 20_000): Run {
  const { status, stderr } = spawnSync(program, rest, {
    encoding: 'utf8',
    env: { ROOT: folder, PATH: path, PAUSE: '0.05' },
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const has = (name: string) => existsSync(join(folder, name));
  const said = has('said') ? read('said').trimEnd().split('\n') : [];
  return { status, stderr, said, read, has };
}

function stubs(folder: string, disks: PretendDisk[]): Record<string, string> {
  const list = disks.map(({ name }) => `echo /dev/${name}\n`).join('');
  return {
    'list-devices': `[ "$1" = disk ] || exit 2\n${list}exit 0\n`,
    logger: `[ "$1 $2" = '-t stackseed' ] || exit 2\necho "$3" >>'${folder}/said'\n`,
    'debconf-get': `[ "$1" = mirror/http/proxy ] || exit 10\ncat '${folder}/proxy'\n`,
    'debconf-set': `[ "$1" = mirror/http/proxy ] || exit 10\nprintf %s "$2" >'${folder}/proxy'\n`,
    // Through a proxy there is nothing. The first fetch of each file fails, as where a boot server is away for a moment.
    preseed_fetch: `[ ! -s '${folder}/proxy' ] || exit 4
echo "$*" >>'${folder}/fetched'
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
