import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { initSecrets } from '../../src/secrets/index.ts';

const hex = (number: number) => number.toString(16).padStart(2, '0');

const HEAD = `fleet: bench
domain: bench.example
platform: debian-12
library: [own]
networks:
  manage: { cidr: 10.16.0.0/12, gateway: 10.16.0.1, for: [manage, storage] }
  private: { cidr: 10.32.0.0/12, for: [tunnel] }
dns: { servers: [10.16.0.1] }
users:
  keeper: { sudo: true, ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F a@b] }
vips:
  api: { manage: 10.16.0.50 }
groups:
  controllers: { roles: [controller] }
  heavies: { roles: [heavy, compute] }
  computes: { roles: [compute] }
hosts:
`;

/** The seed of a controller is so much larger than that of a compute node. */
const BALLAST = 300_000;

const LIBRARY: Record<string, string> = {
  'roles/heavy.yaml': 'summary: as large as a controller\nlisted: false\ncount: any\ncomponents: [ballast]\n',
  'components/ballast/component.yaml':
    'summary: weighs\nfiles:\n  /etc/ballast: { mode: "0644" }\n  /etc/ballast.conf: { mode: "0600" }\n',
  'components/ballast/files/etc/ballast': 'a line of some file that is copied as it is\n'.repeat(
    BALLAST / 44,
  ),
  'components/ballast/files/etc/ballast.conf.ejs': 'name=<%= host.name %>\n'.repeat(200),
  'components/ballast/converge.sh': '#!/bin/bash\n# Does nothing.\ntrue\n',
  'components/ballast/health.sh': '#!/bin/bash\n# Always well.\ntrue\n',
};

/** An inventory of so many hosts: three controllers, then compute nodes, of which every tenth is as large as a controller. */
export function inventoryOf(hosts: number): string {
  const entries = Array.from({ length: hosts }, (_, index) => {
    const group = index < 3 ? 'controllers' : index % 10 === 0 ? 'heavies' : 'computes';
    const [high, low] = [Math.floor(index / 200), (index % 200) + 51];
    const mac = (net: number) => `"52:54:0${net}:00:${hex(high)}:${hex(low)}"`;
    const bmc = index < 3 ? `\n    bmc: { address: "https://10.16.255.${index + 1}", user: fencing }` : '';
    return `  host${index}:
    groups: [${group}]${bmc}
    networks:
      manage: { mac: ${mac(1)}, address: 10.16.${high + 1}.${low} }
      private: { mac: ${mac(2)}, address: 10.32.${high + 1}.${low} }
`;
  });
  return HEAD + entries.join('');
}

/** Lays down inventory, library and secrets in an empty folder. */
export async function layFleet(folder: string, hosts: number): Promise<void> {
  for (const [path, content] of Object.entries(LIBRARY)) {
    const file = join(folder, 'own', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (content.startsWith('#!')) chmodSync(file, 0o755);
  }
  writeFileSync(join(folder, 'inventory.yaml'), inventoryOf(hosts));
  await initSecrets(join(folder, 'secrets.yaml'), { fleet: 'bench' });
}
