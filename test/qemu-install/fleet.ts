import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../fixtures.ts';
import { must } from '../images/run.ts';
import { loneStackseed } from '../qemu/fleet.ts';
import type { Case } from './cases.ts';
import { NIC, SERVER } from './lan.ts';

/** A fleet of one host with its boot tree, made on the command line as an operator would. */
export interface Fleet {
  /** Command line of stackseed, to which a command and its options are added. */
  stackseed: string[];
  inventory: string;
  out: string;
  tree: string;
  /** Private key of the operator. */
  key: string;
}

/** Where machines find Debian's mirror: a proxy on the boot server. */
export const PROXY_PORT = 3142;

/**
 * Answers that are not the product's: the mirror is repaired, so its signature fits no longer; nothing is forced to a
 * disk that is a file, the kernel is the one for virtual machines, both for the sake of time.
 */
const ANSWERS = [
  'd-i debian-installer/allow_unauthenticated boolean true',
  'd-i anna/choose_modules string eatmydata-udeb',
  'd-i base-installer/kernel/image string linux-image-cloud-amd64',
];

export async function layFleet(folder: string, one: Case, image: string): Promise<Fleet> {
  await chmod(folder, 0o755);
  const program = await loneStackseed(join(folder, 'stackseed'));
  const platform = join(folder, 'stackseed/cloud-config/platforms/debian-13.yaml');
  const text = await readFile(platform, 'utf8');
  await writeFile(
    platform,
    text.replace(/^ {2}answers:\n/m, (line) => line + ANSWERS.map((answer) => `    - ${answer}\n`).join('')),
  );
  const key = join(folder, 'operator');
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'nobody@example', '-f', key]);
  const inventory = join(folder, 'inventory.yaml');
  await writeFile(inventory, inventoryOf(one, image, (await readFile(`${key}.pub`, 'utf8')).trim()));
  const stackseed = [process.execPath, '--import', import.meta.resolve('tsx'), program];
  const [out, tree] = [join(folder, 'out'), join(folder, 'pxe')];
  const does = (...words: string[]) => must([...stackseed, ...words, '-i', inventory], { cwd: root });
  await mkdir(out);
  await does('secrets', 'init', '--quiet');
  await does('generate', '--quiet', '--no-iso', '--out', out);
  await does('pxe', '-o', tree);
  return { stackseed, inventory, out, tree, key };
}

function inventoryOf(one: Case, image: string, key: string): string {
  return `fleet: install
domain: example.net
platform: debian-13
networks:
  manage: { cidr: 10.77.0.0/24, gateway: ${SERVER}, for: [manage, storage, public] }
dns: { servers: [${SERVER}] }
ntp: { servers: [${SERVER}] }
apt: { proxy: "http://${SERVER}:${PROXY_PORT}" }
boot:
  network: manage
  server: ${SERVER}
  interface: ${NIC}
  dhcp: authoritative
  images: { debian-13: { from: ${image} } }
users:
  operator: { sudo: true, ssh_keys: [${key}] }
install: { kernel_parameters: [log_host=${SERVER}, log_port=514] }
hosts:
  ${one.host}:
    roles: [${one.role}]
    disks: ${one.disks}
    install: ${one.install}
    networks: { manage: { mac: "${one.mac}", address: ${one.address} } }
`;
}
