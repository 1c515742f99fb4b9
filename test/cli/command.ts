import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Surroundings } from '../../src/cli/context.ts';
import { run } from '../../src/cli/run.ts';
import { root } from '../fixtures.ts';

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command line within this process. */
export async function stackseed(
  args: string[],
  around: Partial<Pick<Surroundings, 'env' | 'cwd' | 'signal'>> & { tty?: boolean } = {},
): Promise<Ran> {
  const output = (isTTY: boolean) => {
    const texts: string[] = [];
    return { texts, isTTY, write: (text: string) => texts.push(text) };
  };
  const { tty = false, ...rest } = around;
  const [stdout, stderr] = [output(tty), output(tty)];
  const status = await run(args, { env: {}, cwd: process.cwd(), ...rest, stdout, stderr });
  return { status, stdout: stdout.texts.join(''), stderr: stderr.texts.join('') };
}

/** Node's arguments for it, from whatever folder. */
export const spawned = ['--import', import.meta.resolve('tsx'), join(root, 'src/cli/main.ts')];

/** Runs it as a process of its own; `meanwhile` gets it while it runs. */
export function spawnStackseed(
  args: string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    meanwhile?: (child: ReturnType<typeof spawn>) => void;
  } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [...spawned, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran: Ran = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    ran.stdout += text;
  });
  child.stderr.on('data', (text) => {
    ran.stderr += text;
  });
  options.meanwhile?.(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...ran, status }));
  });
}

/** Writes files below a folder, by relative path. */
export function lay(folder: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    if (content.startsWith('#!')) chmodSync(join(folder, path), 0o755);
  }
}

/** Two hosts of a network, of which one has a component of the user's own with a secret. */
export const twoHosts: Record<string, string> = {
  'inventory.yaml': `fleet: test
domain: two.example
platform: debian-12
library: [own]
networks:
  manage: { cidr: 10.0.0.0/24, gateway: 10.0.0.1 }
dns: { servers: [10.0.0.1] }
users:
  keeper: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F a@b] }
groups:
  keepers:
    roles: [keeper]
    timezone: Europe/Berlin
hosts:
  keep:
    groups: [keepers]
    networks:
      manage: { mac: "52:54:00:00:00:01", address: 10.0.0.11 }
  plain:
    networks:
      manage: { mac: "52:54:00:00:00:02", address: 10.0.0.12 }
`,
  'own/roles/keeper.yaml': `summary: keeps a secret
listed: false
count: any
components: [keeper]
`,
  'own/components/keeper/component.yaml': `summary: keeps a secret
secrets:
  - { label: keeper-key, scope: fleet, format: password, summary: what it keeps }
  - { label: keeper-token, scope: host, format: hex, summary: what it is known by }
settings:
  color: { type: string, default: blue, description: Colour of the door. }
files:
  /etc/keeper.conf: { mode: "0600" }
`,
  'own/components/keeper/files/etc/keeper.conf.ejs':
    "key=<%= secret('keeper-key') %>\ntoken=<%= secret('keeper-token') %>\ncolor=<%= settings.color %>\n",
  'own/components/keeper/converge.sh': '#!/bin/bash\n# Does nothing.\ntrue\n',
  'own/components/keeper/health.sh': '#!/bin/bash\n# Always well.\ntrue\n',
};
