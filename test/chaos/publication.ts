import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../src/secrets/index.ts';
import { root } from '../fixtures.ts';
import { must } from '../images/run.ts';
import { readWhole } from '../secrets/sample.ts';
import type { Trial } from './trial.ts';

/** What hosts with the role pull look at: a folder, and nginx before it on the machine beside the hosts. */
export interface Publication {
  /** For the setting pull.url. */
  url: string;
  /** Publishes the seeds of an output folder, made of the inventory beside it. */
  publish(out: string): Promise<void>;
  stop(): void;
}

const PORT = 8443;

export async function openPublication(trial: Trial): Promise<Publication> {
  const { lab } = trial;
  const address = lab
    .fleet()
    .networks.find(({ name }) => name === 'manage')
    ?.client?.replace(/\/.*$/, '');
  if (!address) throw new Error('the lab has no address on the management network');
  const folder = join(lab.folder, 'publication');
  const seeds = join(folder, 'seeds');
  mkdirSync(seeds, { recursive: true });
  const secrets = join(lab.folder, 'secrets.yaml');
  const scope = { host: 'seeds', names: [], addresses: [address] };
  const { certificate, key } = makeCertificate(await readWhole(secrets), 'seeds-server', scope);
  writeFileSync(join(folder, 'crt'), certificate);
  writeFileSync(join(folder, 'key'), key.reveal(), { mode: 0o600 });
  writeFileSync(join(folder, 'nginx.conf'), nginx(folder, address));
  const [command = '', ...words] = [
    ...(await lab.switch.prefix()),
    ...['nginx', '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
  ];
  const server: ChildProcess = spawn(command, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    url: `https://${address}:${PORT}`,
    async publish(out) {
      await must(
        [
          ...[
            process.execPath,
            '--import',
            'tsx',
            join(root, 'src/cli/main.ts'),
            '--quiet',
            'publish',
            seeds,
          ],
          ...['-i', join(out, '../inventory.yaml'), '--secrets', secrets, '--out', out],
          ...['--lock', join(lab.folder, 'stackseed.lock'), '--prune'],
        ],
        { cwd: root },
      );
    },
    stop() {
      server.kill('SIGTERM');
    },
  };
}

/** Static files, and nothing else. */
function nginx(folder: string, address: string): string {
  return `user root;
daemon off;
pid ${folder}/pid;
error_log ${folder}/log error;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen ${address}:${PORT} ssl;
    ssl_certificate ${folder}/crt;
    ssl_certificate_key ${folder}/key;
    root ${folder}/seeds;
  }
}
`;
}
