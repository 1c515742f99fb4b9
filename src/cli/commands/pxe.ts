import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { loadFleet } from '../../generate/load.ts';
import type { Fleet } from '../../generate/types.ts';
import type { InventoryHost } from '../../inventory/schema.ts';
import type { Platform } from '../../library/types.ts';
import { type BootNetwork, buildTree, type ImageSource } from '../../netboot/index.ts';
import { FindingsError } from '../../report/finding.ts';
import {
  type Context,
  type FleetOptions,
  fileFrom,
  inventoryFile,
  loadOptions,
  writeJson,
} from '../context.ts';
import { jsonFindings, printFindings } from '../findings.ts';

interface Options extends FleetOptions {
  tree: string;
  image?: string[];
}

/** Builds the network-boot tree, or brings it up to date. */
export async function pxe(context: Context, options: Options): Promise<void> {
  const inventory = inventoryFile(context, options);
  const fleet = await loadFleet(inventory, loadOptions(context, options));
  const boot = fleet.inventory.boot;
  if (!boot)
    throw usage('boot-missing', 'boot', 'the inventory does not say how machines boot', 'add a key boot');
  const images = imagesOf(context, fleet, dirname(inventory), options.image ?? []);
  const report = await buildTree({
    folder: fileFrom(context, options.tree),
    urls: { http: boot.url ?? `http://${boot.server}` },
    network: networkOf(fleet),
    ...(boot.ipxe !== undefined && { ipxe: resolve(dirname(inventory), boot.ipxe) }),
    images,
    ...(context.signal && { signal: context.signal }),
  });
  const findings = [...fleet.findings, ...report.findings];
  printFindings(context, findings);
  if (context.json) return writeJson(context, { ...report, ...jsonFindings(findings) });
  if (context.quiet) return;
  const { folder, platforms, written, armed } = report;
  const changed = written.length > 0 ? written.map((path) => `  ${path}\n`).join('') : '  right already\n';
  const who =
    armed.length > 0 ? `armed: ${armed.join(', ')}` : 'nobody is armed: every machine boots its disk';
  context.stdout.write(`${folder}: ${platforms.join(', ')}\n${changed}${who}\n`);
}

/** What dnsmasq has to know of the network that machines boot from. */
function networkOf({ inventory, plan }: Fleet): Omit<BootNetwork, 'ipxe'> {
  const boot = inventory.boot;
  if (!boot) throw new Error('no boot network');
  const network = inventory.networks[boot.network];
  const hosts = plan.hosts.flatMap(({ name, networks }) => {
    const address = networks.find((one) => one.name === boot.network)?.address;
    const macs = macsOf(inventory.hosts[name], boot.network);
    return address !== undefined && macs.length > 0 ? [{ name, macs, address }] : [];
  });
  return {
    dhcp: boot.dhcp ?? 'proxy',
    dns: inventory.dns?.servers ?? [],
    domain: inventory.domain,
    hosts,
    ...(network?.cidr !== undefined && { cidr: network.cidr }),
    ...(network?.gateway !== undefined && { gateway: network.gateway }),
    ...(boot.interface !== undefined && { interface: boot.interface }),
    ...(boot.range !== undefined && { range: boot.range }),
  };
}

/** A bond boots from any of its NICs. */
function macsOf(host: InventoryHost | undefined, network: string): string[] {
  const attachment = host?.networks[network];
  if (attachment?.mac !== undefined) return [attachment.mac];
  const members = attachment?.bond === undefined ? [] : (host?.bonds?.[attachment.bond]?.members ?? []);
  return members.filter((one) => one.includes(':'));
}

/** Those that are named, else what Debian's packages have put on this machine for the platforms in use. */
function imagesOf(context: Context, fleet: Fleet, folder: string, asked: string[]): ImageSource[] {
  const { inventory, library, plan } = fleet;
  const sources = new Map<string, { from: string; sha256?: string | undefined }>();
  for (const [name, { from, sha256 }] of Object.entries(inventory.boot?.images ?? {}))
    sources.set(name, {
      from: /^https?:/.test(from) || isAbsolute(from) ? from : join(folder, from),
      sha256,
    });
  for (const text of asked) {
    const [, name = '', from = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (!library.platforms.has(name))
      throw usage('unknown-platform', '--image', `${text} names no platform`, 'such as debian-12=FOLDER');
    sources.set(name, { from: /^https?:/.test(from) ? from : fileFrom(context, from) });
  }
  for (const name of new Set(plan.hosts.map(({ platform }) => platform))) {
    const packaged = library.platforms.get(name)?.netboot?.folder;
    if (!sources.has(name) && packaged !== undefined && existsSync(packaged))
      sources.set(name, { from: packaged });
  }
  if (sources.size === 0)
    throw noImages(plan.hosts.flatMap((host) => library.platforms.get(host.platform) ?? []));
  return [...sources].map(([name, { from, sha256 }]) => {
    const mirror = library.platforms.get(name)?.netboot?.mirror;
    return { platform: name, from, ...(sha256 !== undefined && { sha256 }), ...(mirror && { mirror }) };
  });
}

function noImages(platforms: Platform[]): FindingsError {
  const wanted = platforms.find(({ netboot }) => netboot?.package !== undefined)?.netboot?.package;
  const hint = wanted
    ? `install the package ${wanted}, or name a folder, package, archive or mirror under boot.images`
    : 'name a folder or archive under boot.images';
  return usage('image-missing', 'boot.images', 'there is no installer to build the tree from', hint);
}

function usage(code: string, path: string, message: string, hint: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path, message, hint }]);
}
