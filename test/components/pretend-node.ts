import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quote } from '../../src/render/node-env.ts';
import { root } from '../fixtures.ts';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
  /** What the stubs were called with, one call a line: "systemctl restart x.service". */
  calls: string[];
  /** The reason that `waiting` or `halt` gave. */
  why: string;
}

export interface PretendNode {
  /** Runs converge.sh or health.sh of the component on it. */
  run(script: 'converge' | 'health', env?: Record<string, string>): Ran;
  /** Runs a text in the same environment, in a network of its own; $CONVERGE and $HEALTH are the scripts. */
  inNetwork(text: string): Ran;
  /** Paths are as on the node. */
  write(path: string, text: string, mode?: number): void;
  read(path: string): string;
  exists(path: string): boolean;
  remove(path: string): void;
  /** A program that is found before the real one. Its text may use $STATE, a folder that outlives the call. */
  stub(name: string, body?: string): void;
  root: string;
}

/**
 * A systemctl that remembers in $STATE what is enabled and runs. A unit is known when $STATE/known
 * does not exist or names it; it fails to start while $STATE/broken-UNIT exists.
 */
const SYSTEMCTL = `
verb=''; units=()
for word; do
  case $word in
    -*) ;;
    *) if [ -z "$verb" ]; then verb=$word; else units+=("$word"); fi ;;
  esac
done
unit=\${units[0]:-}
case $verb in
  cat) [ ! -f "$STATE/known" ] || grep -qxF "$unit" "$STATE/known" ;;
  is-enabled) [ -e "$STATE/enabled-$unit" ] ;;
  enable) touch "$STATE/enabled-$unit" ;;
  is-active) [ -e "$STATE/active-$unit" ] ;;
  show) case $* in *ActiveEnterTimestamp*) echo 'ActiveEnterTimestamp=Mon 2026-11-30 21:03:42 UTC' ;; *) echo NeedDaemonReload=no ;; esac ;;
  start | restart) [ ! -e "$STATE/broken-$unit" ] && touch "$STATE/active-$unit" ;;
  stop) rm -f "$STATE/active-$unit" ;;
esac`;

/** Runs `use` with a folder that stands for a node on which `component` of the library is staged and laid. */
export function onNode<T>(
  component: string,
  values: Record<string, string>,
  use: (node: PretendNode) => T,
  folder = join(root, 'cloud-config/components', component),
): T {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-node-'));
  const node = pretend(base, component, folder);
  try {
    mkdirSync(join(base, 'state'));
    const env = {
      STACKSEED_HOST: 'cnt1',
      STACKSEED_FQDN: 'cnt1.example.net',
      STACKSEED_ADDRESSES: '',
      ...values,
    };
    node.write(
      '/etc/stackseed/node.env',
      Object.entries(env)
        .map(([name, value]) => `${name}=${quote(value)}\n`)
        .join(''),
      0o600,
    );
    node.write(`/var/lib/stackseed/seed/components/${component}/files.list`, '');
    node.stub('systemctl', SYSTEMCTL);
    node.stub('sync');
    return use(node);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function pretend(base: string, component: string, folder: string): PretendNode {
  const at = (path: string) => join(base, 'root', path);
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  const log = join(base, 'calls');
  return {
    root: join(base, 'root'),
    write: (path, text, mode) => put(at(path), text, mode),
    read: (path) => readFileSync(at(path), 'utf8'),
    exists: (path) => existsSync(at(path)),
    remove: (path) => rmSync(at(path)),
    stub: (name, body = '') =>
      put(join(base, 'stubs', name), `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>"$CALLS"\n${body}\n`, 0o755),
    run: (script, env = {}) => ran('bash', [join(folder, `${script}.sh`)], env),
    inNetwork: (text) => ran('unshare', ['--net', 'bash', '-c', text], {}),
  };

  function ran(program: string, args: string[], env: Record<string, string>): Ran {
    writeFileSync(log, '');
    writeFileSync(join(base, 'why'), '');
    const { status, stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      // Not a socket: bash would take itself for a remote shell and read ~/.bashrc.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(base, 'stubs')}:${process.env['PATH']}:/usr/sbin:/sbin`,
        LC_ALL: 'C.UTF-8',
        ROOT: join(base, 'root'),
        STATE: join(base, 'state'),
        CALLS: log,
        CONVERGE: join(folder, 'converge.sh'),
        HEALTH: join(folder, 'health.sh'),
        STACKSEED_LIB: join(root, 'cloud-config/components/node/files/usr/local/lib/stackseed'),
        STACKSEED_COMPONENT: component,
        STACKSEED_WHY: join(base, 'why'),
        ...env,
      },
    });
    const calls = readFileSync(log, 'utf8').split('\n');
    return {
      status,
      stdout,
      stderr,
      calls: calls.map((line) => line.trim()).filter(Boolean),
      why: readFileSync(join(base, 'why'), 'utf8').trim(),
    };
  }
}

/** Copies the programs of a component's files/usr/local to where they are on the node. */
export function layPrograms(node: PretendNode, component: string, ...programs: string[]): void {
  for (const program of programs) {
    const path = `/usr/local/lib/stackseed/${program}`;
    const source = join(root, 'cloud-config/components', component, 'files', path);
    node.write(path, readFileSync(source, 'utf8'), 0o755);
  }
}
