import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** MAC addresses that the tests' hosts boot from. */
export const macs = { web: '52:54:00:77:00:11', db: '52:54:00:77:00:12' };

/** An inventory of two hosts that boot from 10.77.0.0/24, with `boot` as it is given. */
export function layInventory(folder: string, boot: string, install?: string): string {
  const file = join(folder, 'inventory.yaml');
  writeFileSync(
    file,
    `fleet: test
domain: example.net
platform: debian-12
networks:
  manage: { cidr: 10.77.0.0/24, gateway: 10.77.0.1 }
dns: { servers: [10.77.0.1] }
boot: ${boot}
${install === undefined ? '' : `install: ${install}\n`}users:
  operator:
    ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F nobody@example]
hosts:
  web: { networks: { manage: { mac: "${macs.web}", address: 10.77.0.11 } } }
  db: { networks: { manage: { mac: "${macs.db}", address: 10.77.0.12 } } }
`,
  );
  return file;
}

/** Lays what `generate` writes of a host that can be installed. */
export function layInstaller(
  out: string,
  host: string,
  mac: string,
  files: Record<string, string>,
  cmdline: string[] = ['auto=true', 'priority=critical'],
): void {
  const folder = join(out, 'hosts', host);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const names = Object.fromEntries(Object.keys(files).map((name) => [name, name]));
  const installer = {
    host,
    platform: 'debian-12',
    kind: 'debian-installer',
    macs: [mac],
    firmware: 'any',
    cmdline,
    files: names,
  };
  writeFileSync(join(folder, 'installer.json'), JSON.stringify(installer));
}

/** A folder with files of the names that a netboot folder has, and texts for contents. */
export function layImage(folder: string): void {
  const names = [
    'linux',
    'initrd.gz',
    'bootnetx64.efi',
    'grubx64.efi',
    'pxelinux.0',
    'boot-screens/ldlinux.c32',
  ];
  for (const name of names) {
    const file = join(folder, 'debian-installer/amd64', name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `${name}\n`);
  }
  writeFileSync(join(folder, 'snponly.efi'), 'iPXE\n');
}
