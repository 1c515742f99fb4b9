import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes an inventory of hosts with these BMCs, in YAML, and gives its path. */
export function fleetWith(folder: string, bmcs: Record<string, string | undefined>): string {
  const hosts = Object.entries(bmcs).map(
    ([name, bmc], index) => `  ${name}:
    networks: { manage: { interface: ens3, address: 10.0.0.${11 + index} } }
${bmc === undefined ? '' : `    bmc: ${bmc}\n`}`,
  );
  const file = join(folder, 'inventory.yaml');
  writeFileSync(
    file,
    `fleet: test
domain: example.net
platform: debian-12
networks:
  manage: { cidr: 10.0.0.0/24, gateway: 10.0.0.1 }
dns: { servers: [10.0.0.1] }
users:
  keeper: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F a@b] }
hosts:
${hosts.join('')}`,
  );
  return file;
}
