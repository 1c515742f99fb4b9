import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../fixtures.ts';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder in which modules of components run beside stand-ins for what they call. */
export interface Bench {
  run(module: string, args: string[], env?: Record<string, string>): Ran;
  /** The same without waiting for it. */
  begin(module: string, args: string[]): { ended: Promise<number | null> };
  /** Files of the stand-ins. */
  state(name: string): string;
  setState(name: string, text: string): void;
  dropState(name: string): void;
  /** Paths are as on the node. */
  write(path: string, text: string): void;
  read(path: string): string;
  root: string;
}

export async function onBench(
  component: string,
  stubs: string[],
  use: (bench: Bench) => void | Promise<void>,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-openstack-'));
  const modules = join(base, 'py');
  const own = join(root, 'cloud-config/components', component, 'files/usr/local/lib/stackseed/py');
  cpSync(own, modules, { recursive: true });
  for (const name of stubs)
    cpSync(join(root, 'test/openstack/stubs', `${name}.py`), join(modules, `${name}.py`));
  mkdirSync(join(base, 'state'));
  const env = {
    PATH: process.env['PATH'] ?? '',
    ROOT: join(base, 'root'),
    STATE: join(base, 'state'),
    STACKSEED_UNSURE: '1',
  };
  const words = (module: string, args: string[]) => [
    '-I',
    '-S',
    '-B',
    join(modules, `${module}.py`),
    ...args,
  ];
  const at = (path: string) => join(base, 'root', path);
  const inState = (name: string) => join(base, 'state', name);
  try {
    await use({
      root: join(base, 'root'),
      run: (module, args, more = {}) =>
        spawnSync('python3', words(module, args), { encoding: 'utf8', env: { ...env, ...more } }),
      begin(module, args) {
        const child = spawn('python3', words(module, args), { env, stdio: 'ignore' });
        return { ended: new Promise((resolve) => child.on('exit', resolve)) };
      },
      state: (name) => (existsSync(inState(name)) ? readFileSync(inState(name), 'utf8') : ''),
      setState: (name, text) => writeFileSync(inState(name), text),
      dropState: (name) => rmSync(inState(name), { force: true }),
      write(path, text) {
        mkdirSync(dirname(at(path)), { recursive: true });
        writeFileSync(at(path), text);
      },
      read: (path) => readFileSync(at(path), 'utf8'),
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
