import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { knownSecrets, root } from '../fixtures.ts';

/** A fleet that boots at once, from `stackseed serve` and from nginx, with the same files and the same clients. */
export interface Load {
  machines: number;
  /** Content of kernel and initrd. */
  linux: Buffer;
  initrd: Buffer;
  /** Seconds that a run may take. */
  limit: number;
}

export interface Result {
  bytes: number;
  seconds: number;
  slowest: number | null;
  fastest: number | null;
  finished: number;
  failures: string[];
  failed: number;
  /** Peak of its memory, all its processes together, in MB; looked at five times a second. */
  memory: number;
}

const MEGABYTE = 1e6;

export const speed = ({ bytes, seconds }: Result) => bytes / seconds / MEGABYTE;

interface Machine {
  name: string;
  mac: string;
  address: string;
  token: string;
}

function machinesOf(count: number): Machine[] {
  return Array.from({ length: count }, (_, index) => {
    const [high, low] = [Math.floor(index / 200), index % 200];
    const pair = (value: number) => value.toString(16).padStart(2, '0');
    return {
      name: `m${index}x`,
      mac: `52:54:00:01:${pair(high)}:${pair(low)}`,
      address: `127.77.${1 + high}.${1 + low}`,
      token: randomBytes(16).toString('hex'),
    };
  });
}

/** Lays inventory, secrets and an armed tree. Seeds are of the size that those of controllers have. */
export async function layFleet(folder: string, { machines: count, linux, initrd }: Load): Promise<Machine[]> {
  const machines = machinesOf(count);
  await knownSecrets(folder);
  const hosts = machines.map(({ name, mac, address }) => {
    return `  ${name}: { networks: { manage: { mac: "${mac}", address: ${address} } } }\n`;
  });
  const put = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  put(
    'inventory.yaml',
    `fleet: load
domain: example.net
platform: debian-12
networks:
  manage: { cidr: 127.77.0.0/16, gateway: 127.77.0.1 }
dns: { servers: [127.77.0.1] }
users:
  keeper: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F a@b] }
hosts:
${hosts.join('')}`,
  );
  const since = '2026-01-01T00:00:00Z';
  const arms = machines.map(({ name, mac, token }) => ({ host: name, macs: [mac], token, since }));
  put('pxe/arms.json', JSON.stringify(arms));
  put('pxe/tree.json', JSON.stringify({ urls: { http: 'http://127.0.0.1' }, images: {} }));
  put('pxe/www/images/debian-12/linux', linux);
  put('pxe/www/images/debian-12/initrd.gz', initrd);
  for (const { mac, token } of machines) {
    put(`pxe/www/hosts/${mac}.cfg`, `linux /images/debian-12/linux token=${token}\n`);
    put(`pxe/www/t/${token}/preseed.cfg`, 'd-i debian-installer/locale string C.UTF-8\n'.repeat(100));
    put(`pxe/www/t/${token}/user-data`, `${token}\n`.repeat(4000));
  }
  return machines;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** Memory of a process and those below it in MB, pages that they share counted once (proc(5), Pss). */
function memoryOf(pid: number): number {
  const own =
    Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024;
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return own / MEGABYTE + children.reduce((sum, child) => sum + memoryOf(child), 0);
}

/** Has all machines boot once from the server that listens on that port. */
async function boot(
  folder: string,
  load: Load,
  machines: Machine[],
  port: number,
  server: ChildProcess,
): Promise<Result> {
  const image = '/images/debian-12';
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const plan = {
    port,
    seconds: load.limit,
    machines: machines.map(({ address, mac, token }) => ({
      address,
      paths: [
        `/hosts/${mac}.cfg`,
        `${image}/linux`,
        `${image}/initrd.gz`,
        `/t/${token}/preseed.cfg`,
        `/t/${token}/user-data`,
      ],
    })),
    digests: { [`${image}/linux`]: sha(load.linux), [`${image}/initrd.gz`]: sha(load.initrd) },
  };
  const child = spawn('/usr/bin/python3', [join(root, 'test/bench-serve/machines.py')], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(plan));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  let memory = 0;
  const look = () => {
    memory = Math.max(memory, memoryOf(server.pid ?? 0));
  };
  const sample = setInterval(look, 200);
  const [status] = await once(child, 'close');
  clearInterval(sample);
  look();
  if (status !== 0) throw new Error(`machines.py: ${status}`);
  return { ...JSON.parse(text), memory };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** @param program arguments of Node.js that run stackseed */
export async function fromServe(
  folder: string,
  load: Load,
  machines: Machine[],
  program: string[],
): Promise<Result> {
  const port = await freePort();
  const args = [
    'serve',
    '-i',
    join(folder, 'inventory.yaml'),
    '-o',
    join(folder, 'pxe'),
    '--listen',
    `127.0.0.1:${port}`,
  ];
  const server = spawn(process.execPath, [...program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  server.stderr?.on('data', (part) => {
    said += part;
  });
  try {
    await Promise.race([once(server.stdout ?? server, 'data'), once(server, 'exit')]);
    if (server.exitCode !== null) throw new Error(said);
    return await boot(folder, load, machines, port, server);
  } finally {
    await stop(server);
  }
}

/** As Debian configures it, with a log of its own. */
export async function fromNginx(folder: string, load: Load, machines: Machine[]): Promise<Result> {
  const port = await freePort();
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; worker_processes auto; ${user}
events { worker_connections 2048; }
http {
  sendfile on; tcp_nopush on; types_hash_max_size 2048; access_log ${folder}/access.log;
  server { listen 127.0.0.1:${port} backlog=1024; root ${folder}/pxe/www; }
}
`,
  );
  const server = spawn('nginx', ['-c', file, '-p', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return await boot(folder, load, machines, port, server);
  } finally {
    await stop(server);
  }
}
