import { toAddress, toBlock } from '../inventory/ipv4.ts';

/** What dnsmasq is to do for the machines that boot. */
export interface BootNetwork {
  dhcp: 'authoritative' | 'proxy' | 'none';
  /** "192.168.1.0/24"; absent only where another server does all of DHCP. */
  cidr?: string;
  gateway?: string;
  dns: string[];
  domain: string;
  /** NIC of the boot server. */
  interface?: string;
  /** Addresses for strangers; without it only hosts of the inventory get one. */
  range?: { from: string; to: string };
  /** There is an iPXE for UEFI in the tree. */
  ipxe: boolean;
  /** Hosts that have a fixed address there: one lease for all the NICs of a host. */
  hosts: { name: string; macs: string[]; address: string }[];
}

/** iPXE for UEFI, in the root of the tree. */
export const IPXE = 'ipxe.efi';

/** Client architectures (RFC 4578; 16: the registry of DHCPv6 parameters), and what each boots by TFTP. */
const BIOS = { arch: 0, loader: 'pxelinux.0', what: 'BIOS' };
const LOADERS = [
  BIOS,
  { arch: 7, loader: 'bootx64.efi', what: 'UEFI' },
  { arch: 9, loader: 'bootx64.efi', what: 'UEFI' },
  { arch: 11, loader: 'bootaa64.efi', what: 'UEFI, arm64' },
];
const HTTP_BOOT = 16;

/**
 * dnsmasq.conf of the tree: TFTP, and DHCP as far as it is ours. `tftp` is the absolute path of the TFTP root, `http`
 * the HTTP root. It names no address of the server: dnsmasq tells its own on the network that a machine is on.
 */
export function dnsmasqConf(network: BootNetwork, places: { tftp: string; http: string }): string {
  const lines = [
    '# Written by stackseed pxe. DHCP and TFTP for machines that boot from the network, no DNS.',
    'port=0',
    ...(network.interface === undefined
      ? []
      : [`interface=${dnsmasqValue(network.interface)}`, 'bind-dynamic']),
    'log-dhcp',
    'enable-tftp',
    `tftp-root=${dnsmasqValue(places.tftp)}`,
    ...(network.cidr === undefined || network.dhcp === 'none'
      ? []
      : dhcp(network, network.cidr, places.http)),
  ];
  return `${lines.join('\n')}\n`;
}

function dhcp(network: BootNetwork, cidr: string, http: string): string[] {
  const script = dnsmasqValue(`${http}/ipxe/boot.ipxe`);
  const { first, prefix } = toBlock(cidr);
  const base = toAddress(first);
  const mask = toAddress(2 ** 32 - 2 ** (32 - prefix));
  const match = 'dhcp-userclass=set:ipxe,iPXE';
  if (network.dhcp === 'proxy') {
    // GRUB asks the server that gave the address for its configuration, so with UEFI only iPXE finds the way here.
    const uefi = LOADERS.filter(({ arch }) => arch === 7 || arch === 9);
    const loaders = [BIOS, ...(network.ipxe ? uefi.map((one) => ({ ...one, loader: IPXE })) : [])];
    return [
      `dhcp-range=${base},proxy,${mask}`,
      match,
      ...loaders.flatMap(({ arch, loader, what }) => [
        `pxe-service=tag:!ipxe,${arch},${dnsmasqValue(`stackseed, ${what}`)},${loader}`,
        `pxe-service=tag:ipxe,${arch},${dnsmasqValue(`stackseed, iPXE, ${what}`)},${script}`,
      ]),
    ];
  }
  const { range, gateway, dns, domain } = network;
  return [
    'dhcp-authoritative',
    range ? `dhcp-range=${range.from},${range.to},${mask},1h` : `dhcp-range=${base},static,${mask},1h`,
    // Without a value: no such option, rather than this server's own address.
    `dhcp-option=option:router${gateway === undefined ? '' : `,${gateway}`}`,
    `dhcp-option=option:dns-server${dns.map((one) => `,${one}`).join('')}`,
    `domain=${dnsmasqValue(domain)}`,
    ...network.hosts.map(
      ({ name, macs, address }) => `dhcp-host=${[...macs, address, dnsmasqValue(name)].join(',')}`,
    ),
    match,
    ...LOADERS.map(({ arch }) => `dhcp-match=set:arch${arch},option:client-arch,${arch}`),
    ...LOADERS.map(({ arch, loader }) => `dhcp-boot=tag:arch${arch},tag:!ipxe,${loader}`),
    ...(network.ipxe ? httpBoot(http) : []),
    `dhcp-boot=tag:ipxe,${script}`,
  ];
}

/** GRUB of Debian does not know where it came from with HTTP boot, and stops at its prompt. */
function httpBoot(http: string): string[] {
  return [
    `dhcp-match=set:arch${HTTP_BOOT},option:client-arch,${HTTP_BOOT}`,
    // An HTTP client takes no answer that does not name its own class.
    `dhcp-option-force=tag:arch${HTTP_BOOT},tag:!ipxe,option:vendor-class,HTTPClient`,
    `dhcp-boot=tag:arch${HTTP_BOOT},tag:!ipxe,${dnsmasqValue(`${http}/${IPXE}`)}`,
  ];
}

/** Plain where nothing in it means anything, else in double quotes, where dnsmasq(8) reads only \ and ". */
export function dnsmasqValue(text: string): string {
  if (/[^ -~]/.test(text) && /\p{Cc}/u.test(text))
    throw new Error(`not a value for dnsmasq: ${JSON.stringify(text)}`);
  if (/^[A-Za-z0-9._:/@+-]+$/.test(text)) return text;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
