import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../fixtures.ts';

const PY = '/usr/local/lib/stackseed/py';
/** As the units run it. */
const PYTHON = ['/usr/bin/python3', '-I', '-S', '-B'] as const;

export const peersKey = '9'.repeat(64);
export const clusterId = 'memo';

/** The operator's key of a pretend host. */
export const reportKey = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0');

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface TalkHost {
  name: string;
  root: string;
  write(path: string, text: string): void;
  read(path: string): string;
  has(path: string): boolean;
  /** Lays report_NAME.py with that body of report(root). */
  section(name: string, body: string): void;
  /** Runs a program of the py folder. */
  run(program: string, ...args: string[]): Ran;
  /** The same while this process goes on, where it serves what the program asks. */
  start(program: string, ...args: string[]): Promise<Ran>;
  /** Runs Python text that may import the modules of the py folder. */
  python(text: string, ...args: string[]): Ran;
  end(): void;
}

/** A host in a folder: the modules of report and peers, its keys, and a boot id. */
export function talkHost(name: string): TalkHost {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-talk-'));
  const at = (path: string) => join(base, path);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  for (const component of ['report', 'peers'])
    cpSync(join(root, 'cloud-config/components', component, 'files', PY), at(PY), { recursive: true });
  write('/etc/stackseed/report.json', `${JSON.stringify({ host: name, fleet: 'memo' })}\n`);
  write('/etc/stackseed/report.key', `${reportKey(name)}\n`);
  write('/etc/stackseed/peers.key', `${peersKey}\n`);
  write('/proc/sys/kernel/random/boot_id', `boot-of-${name}\n`);
  const exec = (args: string[]): Ran => {
    const [program, ...flags] = PYTHON;
    const ran = spawnSync(program, [...flags, ...args], {
      env: { ROOT: base },
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
  };
  return {
    name,
    root: base,
    write,
    read: (path) => readFileSync(at(path), 'utf8'),
    has: (path) => existsSync(at(path)),
    section: (section, body) => write(`${PY}/report_${section}.py`, `def report(root):\n    ${body}\n`),
    run: (program, ...args) => exec([at(`${PY}/${program}`), ...args]),
    start: async (program, ...args) => {
      const [python, ...flags] = PYTHON;
      const child = spawn(python, [...flags, at(`${PY}/${program}`), ...args], { env: { ROOT: base } });
      const ran: Ran = { status: null, stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (part) => {
          ran[name] += part;
        });
      return new Promise((resolve) => child.on('close', (status) => resolve({ ...ran, status })));
    },
    python: (text, ...args) =>
      exec(['-c', `import sys\nsys.path.insert(0, ${JSON.stringify(at(PY))})\n${text}`, ...args]),
    end: () => rmSync(base, { recursive: true, force: true }),
  };
}

export interface Listening {
  address: string;
  port: number;
  close(): Promise<void>;
}

/** serve.py of a host on a port of its own, started as somebody asks, as stackseed-report.socket does it. */
export interface Serving extends Listening {
  /** What it said on standard error. */
  said(): string;
  /** How often it was started. */
  starts(): number;
  /** Of the process whose child it is. */
  pid: number;
}

/** What systemd does for a socket unit. */
const SERVE = `
import os, select, socket, subprocess, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((sys.argv[2], int(sys.argv[3])))
listener.listen(128)
os.dup2(os.dup(listener.fileno()), 3)
print(listener.getsockname()[1], flush=True)
while select.select([listener], [], []):
    print('start', flush=True)
    subprocess.run([sys.executable, '-I', '-S', '-B', sys.argv[1]], pass_fds=[3])
`;

export async function serve(host: TalkHost, address = '127.0.0.1', port = 0): Promise<Serving> {
  const program = join(host.root, PY, 'serve.py');
  const child = spawn('/usr/bin/python3', ['-I', '-B', '-c', SERVE, program, address, String(port)], {
    env: { ROOT: host.root },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  let starts = 0;
  child.stderr.on('data', (text) => {
    said += text;
  });
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  child.stdout.on('data', (text: Buffer) => {
    starts += text.toString().split('start').length - 1;
  });
  return {
    address,
    port: Number(first.toString().split('\n')[0]),
    said: () => said,
    starts: () => starts,
    pid: child.pid ?? 0,
    close: async () => {
      const end = once(child, 'exit');
      // With serve.py, which is of its group.
      if (child.pid) process.kill(-child.pid);
      await end;
    },
  };
}

/** A server of the test's own, an impostor for example. */
export async function listen(
  take: (socket: Socket) => void,
  address = '127.0.0.1',
  port = 0,
): Promise<Listening> {
  const open = new Set<Socket>();
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    take(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    address,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function hmac(kind: 'request' | 'answer', key: string, line: string | Buffer): string {
  return createHmac('sha256', key).update(`stackseed ${kind} 1\n`).update(line).digest('hex');
}

/** A message as it goes over the wire. */
export function signed(kind: 'request' | 'answer', key: string, message: unknown): string {
  const line = typeof message === 'string' ? message : JSON.stringify(message);
  return `${line}\n${hmac(kind, key, line)}\n`;
}

/** A good request of cnt1 to cnt2, but for what `change` says. */
export function request(change: Record<string, unknown> = {}): Record<string, unknown> {
  const nonce = randomBytes(16).toString('hex');
  return { v: 1, nonce, from: 'cnt1', to: 'cnt2', sections: ['components'], state: '', ...change };
}

/** Sends bytes and gives all that comes back until the other side closes; with `end` nothing more is to come. */
export function send(
  to: { address: string; port: number },
  bytes: string | Buffer,
  { end = false } = {},
): Promise<string> {
  // Half open: after our end the answer is still read.
  const socket = connect({ port: to.port, host: to.address, allowHalfOpen: true });
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  // A reset is an end as well: bytes were left unread.
  socket.on('error', () => {});
  if (end) socket.end(bytes);
  else socket.write(bytes);
  socket.on('end', () => socket.end());
  return new Promise((resolve) => socket.on('close', () => resolve(Buffer.concat(parts).toString())));
}

export interface Answer {
  nonce: string;
  host: string;
  cluster: string | null;
  boot: string;
  time: number;
  sections: Record<string, Record<string, unknown> | null>;
}

/** The answer in what came back; an Error where it is not one that is signed with that key. */
export function answerIn(text: string, key: string): Answer {
  const [line = '', mac, rest] = text.split('\n');
  if (mac !== hmac('answer', key, line) || rest !== '')
    throw new Error(`not an answer: ${text.slice(0, 200)}`);
  return JSON.parse(line) as Answer;
}

/** cluster.json of a host among controllers, each with its address. */
export function cluster(self: string, controllers: Record<string, string>, port: number, more = {}): string {
  const list = Object.entries(controllers).map(([name, address], index) => ({
    name,
    fqdn: `${name}.example.net`,
    rank: index + 1,
    address,
  }));
  const ever = list.map(({ name, address }) => ({ name, address }));
  return JSON.stringify({
    id: clusterId,
    self,
    generation: 1,
    list: 'x',
    controllers: list,
    ever,
    port,
    ...more,
  });
}
