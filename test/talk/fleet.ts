import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveSecret, readSecrets } from '../../src/secrets/index.ts';
import { REPORT_PORT } from '../../src/status/exchange.ts';
import { knownSecrets } from '../fixtures.ts';
import { type Listening, serve, type TalkHost, talkHost } from './hosts.ts';

export interface TalkFleet {
  folder: string;
  inventory: string;
  /** Hosts that answer, by name. */
  hosts: Map<string, TalkHost>;
  address(name: string): string;
  /** Lets a host answer no more. */
  silence(name: string): Promise<void>;
  end(): Promise<void>;
}

/** A loopback network that no other run uses, so that hosts can be at the real port. */
const network = `127.${100 + (process.pid % 100)}.${1 + (Math.floor(process.pid / 100) % 250)}`;

/**
 * A fleet of controllers and of other hosts, each answering on loopback with the key that its seed would hold.
 * Its inventory and secrets are files.
 */
export async function talkFleet(controllers: string[], others: string[]): Promise<TalkFleet> {
  const folder = join(tmpdir(), `stackseed-fleet-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  const names = [...controllers, ...others];
  const address = (name: string) => `${network}.${11 + names.indexOf(name)}`;
  const inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, inventoryText(controllers, others, address));
  const file = await knownSecrets(folder);
  const { secrets } = await readSecrets(file, {});
  if (!secrets) throw new Error('no secrets');
  const hosts = new Map<string, TalkHost>();
  const listening = new Map<string, Listening>();
  for (const name of names) {
    const host = talkHost(name);
    host.write(
      '/etc/stackseed/report.key',
      deriveSecret(secrets, 'report', { host: name, format: 'hex' }).reveal(),
    );
    hosts.set(name, host);
    listening.set(name, await serve(host, address(name), REPORT_PORT));
  }
  const silence = async (name: string) => {
    await listening.get(name)?.close();
    listening.delete(name);
  };
  return {
    folder,
    inventory,
    hosts,
    address,
    silence,
    end: async () => {
      for (const name of listening.keys()) await silence(name);
      for (const host of hosts.values()) host.end();
      rmSync(folder, { recursive: true });
    },
  };
}

function inventoryText(controllers: string[], others: string[], address: (name: string) => string): string {
  const host = (name: string, role: string, index: number) => `  ${name}:
${role}    networks:
      manage: { mac: "52:54:00:00:00:${(16 + index).toString(16)}", address: ${address(name)} }
`;
  return `fleet: memo
domain: example.net
platform: debian-12
networks:
  manage: { cidr: ${network}.0/24, gateway: ${network}.1 }
vips:
  cnt: { manage: ${network}.5 }
dns: { servers: [${network}.1] }
users:
  keeper: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F a@b] }
hosts:
${controllers.map((name, index) => host(name, '    roles: [controller]\n', index)).join('')}${others
  .map((name, index) => host(name, '    roles: [compute]\n', controllers.length + index))
  .join('')}`;
}

/** Writes the state of a host's components: "NAME STATE REASON" each. */
export function layComponents(
  host: TalkHost,
  lines: string[],
  since = Math.floor(Date.now() / 1000) - 65,
): void {
  const parts = lines.map((line) => line.split(' '));
  host.write('/var/lib/stackseed/seed/components.list', parts.map(([name]) => `${name}\n`).join(''));
  for (const [name, state, ...reason] of parts)
    host.write(
      `/run/stackseed/components/${name}`,
      `state=${state}\nsince=${since}\nreason=${reason.join(' ')}\nattempts=3\n`,
    );
}
