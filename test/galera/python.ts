import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../fixtures.ts';

/** Where the components lay their Python modules; on a node it is one folder. */
export const modules = ['galera', 'clustercheck', 'peers', 'pull-turn', 'report'].map((component) =>
  join(root, 'cloud-config/components', component, 'files/usr/local/lib/stackseed/py'),
);

export const record = {
  incarnation: 'aa',
  state: 'MEMBER',
  history: '11111111-2222-4333-8444-555555555555',
  line: [] as [string, number][],
  before: null,
  promise: null,
  attempt: null,
  waivers: [] as string[],
};

export const cluster = {
  id: 'memo',
  self: 'cnt1',
  generation: 1,
  list: 'abcdef0123',
  controllers: [1, 2, 3].map((rank) => ({
    name: `cnt${rank}`,
    fqdn: `cnt${rank}.example.net`,
    rank,
    address: `192.168.1.5${rank}`,
  })),
  ever: [1, 2, 3].map((rank) => ({ name: `cnt${rank}`, address: `192.168.1.5${rank}` })),
  port: 9199,
};

export interface Disk {
  root: string;
  write(path: string, text: string, mode?: number): void;
  read(path: string): string;
  exists(path: string): boolean;
  /** Runs Python with the modules and `root` at hand; what it prints as JSON, or the name and text of its error. */
  python(text: string): unknown;
}

/** Runs `use` with a folder that stands for the root filesystem of a controller. */
export function onDisk<T>(use: (disk: Disk) => T): T {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-galera-'));
  const write = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text, { mode });
  };
  write('/etc/stackseed/cluster.json', JSON.stringify(cluster));
  write(
    '/etc/stackseed/galera.json',
    JSON.stringify({ unit: 'mariadb.service', daemon: 'mariadbd', membership: true, sst: 'mariabackup' }),
  );
  write('/proc/sys/kernel/random/boot_id', '00000000-0000-4000-8000-000000000001\n');
  mkdirSync(join(base, 'var/lib/mysql'), { recursive: true });
  mkdirSync(join(base, 'run/stackseed/galera'), { recursive: true });
  try {
    return use({
      root: base,
      write,
      read: (path) => readFileSync(join(base, path), 'utf8'),
      exists: (path) => existsSync(join(base, path)),
      python: (text) => python(base, text),
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function python(base: string, text: string): unknown {
  const program = `
import json, os, sys
sys.dont_write_bytecode = True
sys.path[:0] = ${JSON.stringify(modules)}
root = ${JSON.stringify(base)}
import galera_act, galera_data, galera_daemon, galera_decide, galera_facts, galera_live, galera_state, galera_waive
galera_data.owner = lambda: (os.getuid(), os.getgid())
def result():
${text.trim().replace(/^/gm, '    ')}
try:
    print(json.dumps(result(), sort_keys=True))
except Exception as error:
    print(json.dumps('%s: %s' % (type(error).__name__, error)))
`;
  const ran = spawnSync('python3', ['-I', '-B', '-'], {
    input: program,
    encoding: 'utf8',
    env: { ...process.env, ROOT: base },
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
}
