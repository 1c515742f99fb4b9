import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { loadFleet } from '../../src/generate/load.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { type ServeOptions, serve } from '../../src/serve/serve.ts';
import { REPORT_PORT } from '../../src/status/exchange.ts';
import { lay } from '../cli/command.ts';
import { root } from '../fixtures.ts';

export const TOKENS: Record<string, string> = { cnt1: 'a1'.repeat(16), cm1: 'c1'.repeat(16) };

/** MAC addresses as talkFleet gives them to three controllers and a host after them. */
export const MACS: Record<string, string> = { cnt1: '52:54:00:00:00:10', cm1: '52:54:00:00:00:13' };

/** A tree with two hosts armed, in the shape that `stackseed pxe` makes. */
export function layTree(folder: string): string {
  const tree = join(folder, 'pxe');
  const arms = Object.entries(TOKENS).map(([host, token]) => {
    return { host, macs: [MACS[host]], token, since: '2026-01-01T00:00:00Z' };
  });
  const files: Record<string, string> = {
    'arms.json': JSON.stringify(arms),
    'tree.json': JSON.stringify({ urls: { http: 'http://127.0.0.1' }, images: {} }),
    'tftp/hosts/.keep': '',
    'www/ipxe/hosts/.keep': '',
    'www/images/debian-12/linux': 'a kernel of some length\n',
    'www/images/debian-12/initrd.gz': 'initrd',
    'www/.hidden': 'hidden',
    'secret-outside': 'not below www',
  };
  for (const { host, macs, token } of arms) {
    files[`www/hosts/${macs[0]}.cfg`] = `boot of ${host}\n`;
    files[`tftp/pxelinux.cfg/01-${macs[0]?.replaceAll(':', '-')}`] = `boot of ${host}\n`;
    files[`www/t/${token}/preseed.cfg`] = `preseed of ${host}\n`;
    files[`www/t/${token}/user-data`] = `seed of ${host}\n`;
  }
  lay(tree, files);
  return tree;
}

export interface Standing {
  url: string;
  port: number;
  tree: string;
  state: string;
  logged: string[];
  stop(): Promise<void>;
}

/** A boot server in this process, over the inventory and secrets in a folder; it keeps this process's rights. */
export async function standing(
  folder: string,
  { tree = layTree(folder), ...change }: Partial<ServeOptions> & { tree?: string } = {},
): Promise<Standing> {
  const { plan, paths } = await loadFleet(join(folder, 'inventory.yaml'));
  const { secrets } = await readSecrets(paths.secrets, {});
  if (!secrets) throw new Error('no secrets');
  const stop = new AbortController();
  const logged: string[] = [];
  const state = join(folder, 'state');
  let ended: Promise<void> = Promise.resolve();
  const urls = await new Promise<string[]>((ready, failed) => {
    ended = serve({
      plan,
      secrets,
      folder: tree,
      state,
      assets: join(root, 'web'),
      http: [{ address: '127.0.0.1', port: 0 }],
      https: [],
      names: [],
      syslog: [],
      dnsmasq: false,
      asking: { port: REPORT_PORT, pause: 200, timeout: 2 },
      signal: stop.signal,
      log: (line) => logged.push(line),
      ready,
      ...change,
    });
    ended.catch(failed);
  });
  const url = (urls[0] ?? '').replace(/\/$/, '');
  return {
    url,
    port: Number(new URL(url).port),
    tree,
    state,
    logged,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}

/** Sends bytes as they are, and gives what came back until the other side closes. */
export function raw(port: number, bytes: string | Buffer, address = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: address });
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
    socket.write(bytes);
  });
}

/** One request with exactly that target, which fetch would put in order. */
export function get(port: number, target: string, ...headers: string[]): Promise<string> {
  const lines = [`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''];
  return raw(port, lines.join('\r\n'));
}

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? 0);

export async function until(what: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function writeArms(tree: string, arms: unknown): void {
  writeFileSync(join(tree, 'arms.json'), JSON.stringify(arms));
}
