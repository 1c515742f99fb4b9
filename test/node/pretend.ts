import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const library = join(dirname(fileURLToPath(import.meta.url)), '../../cloud-config/components');

export const me = userInfo().username;
export const myGroup = spawnSync('id', ['-gn'], { encoding: 'utf8' }).stdout.trim();

/** Text of a file of the library, such as "packages/converge.sh". */
export function shipped(path: string): string {
  return readFileSync(join(library, path), 'utf8');
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A component of a pretend node: its scripts, and the files that it lays by path. */
export interface Staged {
  converge?: string;
  health?: string;
  files?: Record<string, { content: string; mode?: string; owner?: string }>;
  debconf?: string;
}

export interface PretendNode {
  root: string;
  run(args: string[], env?: Record<string, string>): Ran;
  start(args: string[], env?: Record<string, string>): ChildProcess;
  /** Runs any program with the node's environment. */
  exec(argv: string[], env?: Record<string, string>, input?: string): Ran;
  /** The same, while this process goes on. */
  execBeside(argv: string[]): Promise<Ran>;
  /** Puts a program first on PATH. Each call of it is a line of `calls()`: its name and arguments. */
  stub(name: string, body?: string): void;
  calls(name?: string): string[];
  read(path: string): string;
  write(path: string, content: string, mode?: number): void;
  has(path: string): boolean;
  remove(path: string): void;
  mode(path: string): string;
  /** Writes the seed as the generator would: staged files, lists, and seed.list last. */
  lay(components: Record<string, Staged>, more?: Record<string, string>): void;
  /** Fields of a component's state file. */
  state(name: string): Record<string, string>;
  end(): void;
}

/** systemctl that keeps active units as files in the node's /stub/active and enabled ones in /stub/enabled. */
const systemctl = `
verb=$1
for unit in "$@"; do :; done
case $* in
  *ActiveState*) if [ -e "$ROOT/stub/active/$unit" ]; then cat "$ROOT/stub/active/$unit"; else echo ActiveState=inactive; fi ;;
  is-active*) [ -e "$ROOT/stub/active/$unit" ] ;;
  is-enabled*) [ -e "$ROOT/stub/enabled/$unit" ] ;;
  '--quiet enable'*) : >"$ROOT/stub/enabled/$unit" ;;
  restart*|start*) echo ActiveState=active >"$ROOT/stub/active/$unit" ;;
esac`;

/** A node in a folder: the engine, an instance-id, node.env, and stubs for what would touch the real machine. */
export function pretendNode(values: Record<string, string> = {}): PretendNode {
  const root = mkdtempSync(join(tmpdir(), 'stackseed-node-'));
  const at = (path: string) => join(root, path);
  const write = (path: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
    chmodSync(at(path), mode);
  };
  const read = (path: string) => readFileSync(at(path), 'utf8');
  cpSync(join(library, 'node/files'), root, { recursive: true });
  for (const folder of ['stub/bin', 'stub/active', 'stub/enabled', 'proc', 'run'])
    mkdirSync(at(folder), { recursive: true });
  write('/stub/calls', '');
  write('/proc/uptime', '100000.00 1.00\n');
  write('/var/lib/cloud/data/instance-id', 'i-one\n');
  const node = { STACKSEED_HOST: 'cnt1', STACKSEED_FLEET: 'memo', STACKSEED_ADDRESSES: '', ...values };
  const nodeEnv = Object.entries(node)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');

  const environment = (env: Record<string, string> = {}) => ({
    PATH: `${at('stub/bin')}:${process.env['PATH']}:/usr/sbin:/sbin`,
    HOME: root,
    ROOT: root,
    STACKSEED_LIB: at('usr/local/lib/stackseed'),
    STACKSEED_BACKOFF_FIRST: '10',
    STACKSEED_BACKOFF_MAX: '40',
    STACKSEED_BACKOFF_HALTED: '40',
    STACKSEED_POLL: '0.02',
    ...env,
  });
  const exec = (argv: string[], env?: Record<string, string>, input = ''): Ran => {
    const [program = '', ...args] = argv;
    const ran = spawnSync(program, args, { env: environment(env), encoding: 'utf8', input, timeout: 20_000 });
    if (ran.error) throw ran.error;
    return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  };
  const engine = at('usr/local/sbin/stackseed-node');
  const stub = (name: string, body = '') => {
    write(
      `/stub/bin/${name}`,
      `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>"$ROOT/stub/calls"\n${body}\n`,
      0o755,
    );
  };
  stub('systemctl', systemctl);
  // On a busy disk the real one takes seconds. power-cut.test.ts uses it.
  write('/stub/bin/sync', '#!/bin/sh\nfor path; do [ -e "$path" ] || exit 1; done\n', 0o755);
  stub('cloud-init', 'exit 1');

  const execBeside = (argv: string[]): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const [program = '', ...args] = argv;
      const child = spawn(program, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });
  return {
    root,
    exec,
    execBeside,
    stub,
    read,
    write,
    run: (args, env) => exec(['bash', engine, ...args], env),
    start: (args, env) =>
      spawn('bash', [engine, ...args], { env: environment(env), stdio: 'ignore', detached: true }),
    calls: (name = '') =>
      read('/stub/calls')
        .split('\n')
        .filter((line) => line !== '' && line.startsWith(name)),
    has: (path) => existsSync(at(path)),
    remove: (path) => rmSync(at(path), { recursive: true }),
    mode: (path) => (statSync(at(path)).mode & 0o7777).toString(8).padStart(4, '0'),
    lay(components, more = {}) {
      const names = Object.keys(components);
      const files = seedFiles(components);
      files['/etc/stackseed/node.env'] = nodeEnv;
      files[`${seed}/components.list`] = names.map((name) => `${name}\n`).join('');
      Object.assign(files, more);
      const paths = Object.keys(files).sort();
      for (const path of paths) write(path, files[path] ?? '', 0o600);
      const lines = paths.map(
        (path) =>
          `${createHash('sha256')
            .update(files[path] ?? '')
            .digest('hex')}  ${path}\n`,
      );
      write(`${seed}/seed.list`, `${lines.join('')}# end ${lines.length}\n`, 0o600);
    },
    state(name) {
      const lines = read(`/run/stackseed/components/${name}`).trimEnd().split('\n');
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
    },
    end: () => rmSync(root, { recursive: true, force: true }),
  };
}

export const seed = '/var/lib/stackseed/seed';

function seedFiles(components: Record<string, Staged>): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [name, { converge, health, files: staged, debconf }] of Object.entries(components)) {
    const folder = `${seed}/components/${name}`;
    if (converge !== undefined) files[`${folder}/converge.sh`] = converge;
    if (health !== undefined) files[`${folder}/health.sh`] = health;
    if (debconf !== undefined) files[`${folder}/debconf`] = debconf;
    for (const [path, { content }] of Object.entries(staged ?? {})) files[`${folder}/files${path}`] = content;
    const list = Object.entries(staged ?? {}).map(
      ([path, { mode = '0644', owner = me }]) => `${mode} ${owner} ${myGroup} ${path}\n`,
    );
    files[`${folder}/files.list`] = list.join('');
  }
  return files;
}

/** A script of a component as they all begin. */
export function script(body: string): string {
  return `#!/bin/bash\nset -eu\nROOT=\${ROOT:-}\n. "\${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"\n${body}\n`;
}

/** Looks every 10 ms until `seen` gives true; throws after 20 s. */
export async function until(what: string, seen: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!seen()) {
    if (Date.now() > end) throw new Error(`not seen in 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Has a component converge until its state is `wanted` or another of them, then ends it; gives its fields. */
export async function convergeUntil(
  node: PretendNode,
  name: string,
  ...wanted: string[]
): Promise<Record<string, string>> {
  const engine = node.start(['converge', name]);
  try {
    await until(`${wanted.join(' or ')} of ${name}`, () => {
      return (
        node.has(`/run/stackseed/components/${name}`) && wanted.includes(node.state(name)['state'] ?? '')
      );
    });
    return node.state(name);
  } finally {
    process.kill(-(engine.pid ?? 0), 'SIGKILL');
  }
}
