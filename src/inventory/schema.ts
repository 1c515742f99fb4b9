import { z } from 'zod';
import {
  absolutePath,
  address,
  bmcUrl,
  bmcUser,
  cidr,
  diskPath,
  diskSize,
  domain,
  filePath,
  fingerprint,
  folder,
  httpUrl,
  interfaceName,
  kernelParameter,
  keyboard,
  label,
  locale,
  mac,
  mountPoint,
  networkName,
  packageName,
  passwordHash,
  platform,
  recordName,
  serialConsole,
  server,
  sha256,
  sshKey,
  timezone,
  userName,
} from './formats.ts';

/**
 * The inventory as the user writes it. One source for three things: the types below, the checks of
 * the reader, and the JSON Schema and key reference that are published.
 */

const components = z.record(label, z.record(z.string(), z.json())).meta({
  id: 'settings',
  title: 'settings by component',
  description: 'Settings of components, by component and setting. `stackseed show HOST` lists what there is.',
  examples: [{ memcached: { memory: 512 } }],
});

const apt = z
  .strictObject({
    mirror: httpUrl.optional().meta({ description: "Mirror to use instead of the platform's own." }),
    security_mirror: httpUrl.optional().meta({ description: 'The same for security updates.' }),
    proxy: httpUrl.optional().meta({ description: 'HTTP proxy for apt.' }),
    sources: z
      .record(label, httpUrl)
      .optional()
      .meta({ description: 'Mirrors for further sources of the platform by name, such as `cloud-archive`.' }),
  })
  .meta({ description: 'Where packages come from.' });

const dns = z
  .strictObject({
    servers: z.array(address).max(3).optional().meta({ description: 'Resolvers, at most three.' }),
    search: z.array(domain).max(6).optional().meta({ description: 'Search list; by default the domain.' }),
  })
  .meta({ description: 'Name resolution on the hosts.' });

const ntp = z
  .strictObject({ servers: z.array(server).optional().meta({ description: 'Time servers.' }) })
  .meta({ description: 'Time.' });

const user = z
  .strictObject({
    ssh_keys: z.array(sshKey).optional().meta({ description: 'OpenSSH public keys that may log in.' }),
    password_hash: passwordHash
      .optional()
      .meta({ description: 'crypt(3) hash; without it no password works.' }),
    sudo: z.boolean().optional().meta({ description: 'May become root without a password.', default: false }),
    shell: absolutePath.optional().meta({ description: 'Login shell.', default: '/bin/bash' }),
  })
  .meta({ description: 'An account on the hosts.' });

const phoneHome = z
  .strictObject({
    url: httpUrl.meta({
      description: 'Told once when all components of a host are healthy (HTTP POST, JSON).',
    }),
  })
  .meta({ description: 'Report readiness to somebody.' });

const volume = z
  .strictObject({
    mount: mountPoint.or(z.literal('swap')).meta({ description: 'Where it is mounted, or `swap`.' }),
    size: diskSize.meta({ description: 'Its size; with `grow` the least.' }),
    grow: z.boolean().optional().meta({
      description: 'Takes what is left of the disk; one volume, and `/` where none says so.',
      default: false,
    }),
    filesystem: z.enum(['ext4', 'xfs']).optional().meta({ description: 'File system.', default: 'ext4' }),
  })
  .meta({ description: 'A volume of the installed system.' });

const install = z
  .strictObject({
    recipe: z
      .enum(['atomic', 'lvm', 'raid1'])
      .optional()
      .meta({
        description:
          'How the system disks are used: plain partitions, LVM, or two and more disks that mirror each other, each of ' +
          'which boots.',
        default: 'atomic',
      }),
    volumes: z.array(volume).min(1).max(16).optional().meta({
      description:
        'A recipe of your own: what lies on the disks, instead of 1 GB of swap and `/` with the rest.',
    }),
    firmware: z.enum(['any', 'bios', 'uefi']).optional().meta({
      description: 'How the machine boots. `any` looks when it installs.',
      default: 'any',
    }),
    locale: locale.optional().meta({ description: 'Locale of the installer.', default: 'en_US.UTF-8' }),
    keyboard: keyboard.optional().meta({ description: 'Keyboard of the console.', default: 'us' }),
    serial: serialConsole.or(z.literal('none')).optional().meta({
      description: 'Serial line that is the console, of the installer and afterwards.',
      default: 'none',
    }),
    kernel_parameters: z
      .array(kernelParameter)
      .max(8)
      .optional()
      .meta({ description: 'Parameters of the kernel, of the installer and afterwards.' }),
    packages: z.enum(['first-boot', 'installer']).optional().meta({
      description:
        "When the packages of the host's components are installed: when it first boots, or already by the installer.",
      default: 'first-boot',
    }),
    extra_packages: z
      .array(packageName)
      .max(100)
      .optional()
      .meta({ description: 'Further packages for the installer to install.' }),
    root_password_hash: passwordHash.optional().meta({
      description: 'crypt(3) hash for root on the console; without it root has no password.',
    }),
  })
  .meta({
    description: 'What the installer does with a machine whose disk is empty; `{}` takes all defaults.',
  });

/** What may be said for the whole fleet, for a group and for a host; the narrower wins. */
const layered = {
  platform: platform.optional().meta({ description: 'Operating system and release.' }),
  apt: apt.optional(),
  dns: dns.optional(),
  ntp: ntp.optional(),
  users: z.record(userName, user).optional().meta({ description: 'Accounts by name.' }),
  timezone: timezone.optional().meta({ description: 'Time zone.', default: 'Etc/UTC' }),
  phone_home: phoneHome.optional(),
  install: install.optional(),
  settings: components.optional().meta({ description: 'Settings of components, by component and setting.' }),
};

const network = z
  .strictObject({
    cidr: cidr.optional().meta({ description: 'The network. May be left out only with `dhcp`.' }),
    gateway: address.optional().meta({ description: 'Router out of this network.' }),
    vlan: z
      .int()
      .min(1)
      .max(4094)
      .optional()
      .meta({ description: 'VLAN id; the network is tagged where it is given.' }),
    mtu: z.int().min(1280).max(9216).optional().meta({ description: 'MTU in bytes.' }),
    for: z
      .array(z.enum(['manage', 'public', 'storage', 'tunnel']))
      .optional()
      .meta({ description: 'What it is used for; without it, what its own name says.' }),
    dhcp: z.boolean().optional().meta({ description: 'Addresses come by DHCP.', default: false }),
    external: z
      .boolean()
      .optional()
      .meta({ description: 'It leads out of the fleet; routers masquerade to it.', default: false }),
    range: z
      .strictObject({
        from: address.meta({ description: 'First address.' }),
        to: address.meta({ description: 'Last address.' }),
      })
      .optional()
      .meta({
        description:
          'Addresses for hosts that name none are drawn from here, once, and kept in stackseed.lock.',
      }),
  })
  .meta({ description: 'A network of the fleet.' });

const attachment = z
  .strictObject({
    mac: mac.optional().meta({ description: 'NIC by its MAC address; it is renamed to the network.' }),
    interface: interfaceName.optional().meta({ description: 'NIC by its name; it keeps it.' }),
    bond: interfaceName.optional().meta({ description: 'A bond of this host.' }),
    address: address.or(z.literal('none')).optional().meta({
      description:
        'Address of the host, or `none` for a NIC that carries none. Left out: drawn from the range, or by DHCP.',
    }),
    mtu: z
      .int()
      .min(1280)
      .max(9216)
      .optional()
      .meta({ description: "MTU in bytes, instead of the network's." }),
  })
  .meta({ description: 'How the host is on a network: exactly one of mac, interface and bond.' });

const bond = z
  .strictObject({
    mode: z
      .enum([
        'balance-rr',
        'active-backup',
        'balance-xor',
        'broadcast',
        '802.3ad',
        'balance-tlb',
        'balance-alb',
      ])
      .optional()
      .meta({ description: 'Mode of the bond.', default: 'active-backup' }),
    members: z.array(mac.or(interfaceName)).min(1).meta({ description: 'NICs, by MAC address or name.' }),
    lacp_rate: z
      .enum(['slow', 'fast'])
      .optional()
      .meta({ description: 'How often LACP packets are asked for; 802.3ad only.' }),
    mii_monitor_interval: z
      .int()
      .min(0)
      .max(10000)
      .optional()
      .meta({ description: 'Milliseconds between looks at the links.', default: 100 }),
    transmit_hash_policy: z
      .enum(['layer2', 'layer3+4', 'layer2+3'])
      .optional()
      .meta({ description: 'How frames are spread; 802.3ad, balance-xor and balance-tlb only.' }),
  })
  .meta({ description: 'A bond of NICs.' });

const disk = z
  .strictObject({
    path: diskPath.optional().meta({ description: 'Stable name of the disk.' }),
    rule: z
      .enum(['smallest', 'largest', 'only'])
      .optional()
      .meta({ description: 'Or a rule that chooses it.' }),
    count: z.int().min(1).max(8).optional().meta({
      description: 'How many disks the rule chooses.',
      default: 1,
    }),
    min_size: diskSize
      .optional()
      .meta({ description: 'The rule looks only at disks of at least this size.' }),
    max_size: diskSize.optional().meta({ description: 'And of at most this size.' }),
    use: z.enum(['system', 'storage']).optional().meta({ description: 'What it is for.', default: 'system' }),
  })
  .meta({ description: 'A disk: exactly one of path and rule.' });

const bmc = z
  .strictObject({
    address: bmcUrl.meta({ description: 'Where it is reached.' }),
    user: bmcUser.optional().meta({ description: 'Account; its password is the secret `bmc` of the host.' }),
    fingerprint: fingerprint.optional().meta({
      description: 'SHA-256 of its certificate, where no authority that is known has signed that.',
    }),
  })
  .meta({ description: 'Baseboard management controller, for power and fencing.' });

const group = z
  .strictObject({
    roles: z.array(label).optional().meta({ description: 'Roles that its hosts have.' }),
    ...layered,
  })
  .meta({ description: 'What several hosts have in common.' });

const host = z
  .strictObject({
    groups: z
      .array(label)
      .optional()
      .meta({ description: 'Groups it belongs to; a later one wins over an earlier one.' }),
    roles: z.array(label).optional().meta({ description: 'Roles beside those of its groups.' }),
    state: z.enum(['present', 'absent']).optional().meta({
      description: 'absent: it is gone for good, but its name and addresses stay taken.',
      default: 'present',
    }),
    networks: z.record(networkName, attachment).meta({ description: 'The networks it is on.' }),
    bonds: z.record(interfaceName, bond).optional().meta({ description: 'Bonds by interface name.' }),
    disks: z.array(disk).optional().meta({ description: 'Disks that may be used.' }),
    bmc: bmc.optional(),
    ...layered,
  })
  .meta({ description: 'A machine.' });

const bootImage = z
  .strictObject({
    from: httpUrl.or(filePath).meta({
      description:
        'A folder, a Debian package (.deb) or an archive (.tar.gz) with the kernel and initrd, relative to the ' +
        'inventory; or the URL of an archive or of a Debian mirror.',
    }),
    sha256: sha256.optional().meta({
      description:
        'SHA-256 of the package or archive. Of a mirror, SHA256SUMS is used where it is not given.',
    }),
  })
  .meta({ description: 'Where the installer of a platform comes from.' });

const boot = z
  .strictObject({
    network: networkName.meta({ description: 'The network that machines boot from, untagged.' }),
    server: address
      .or(domain)
      .optional()
      .meta({ description: 'The boot server, where `url` does not say it.' }),
    url: z
      .string()
      .max(300)
      .regex(/^http:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?$/, {
        error: 'not a URL of the form http://host or http://host:port',
      })
      .optional()
      .meta({
        title: 'URL',
        description: 'HTTP root of the boot server; by default `http://` and `server`.',
        examples: ['http://192.168.1.2'],
      }),
    dhcp: z
      .enum(['authoritative', 'proxy', 'none'])
      .optional()
      .meta({
        description:
          'authoritative: dnsmasq gives out addresses; proxy: another server does, dnsmasq only says what to boot; none: ' +
          'that server says both.',
        default: 'proxy',
      }),
    interface: interfaceName.optional().meta({ description: 'NIC of the boot server on that network.' }),
    range: z
      .strictObject({
        from: address.meta({ description: 'First address.' }),
        to: address.meta({ description: 'Last address.' }),
      })
      .optional()
      .meta({ description: 'Addresses for machines that are not in the inventory; authoritative only.' }),
    ipxe: filePath.optional().meta({
      description:
        'iPXE for UEFI, relative to the inventory: without it machines with UEFI boot neither beside another DHCP server ' +
        '(`dhcp: proxy`) nor by HTTP. It is not signed: Secure Boot refuses it.',
      examples: ['/usr/lib/ipxe/snponly.efi'],
    }),
    images: z
      .record(platform, bootImage)
      .optional()
      .meta({ description: 'Installers by platform; by default those that Debian packages.' }),
  })
  .meta({ description: 'How machines boot from the network, for `stackseed pxe`.' });

export const inventorySchema = z
  .strictObject({
    fleet: label.meta({ description: 'Name of the fleet.', examples: ['production'] }),
    domain: domain.meta({ description: 'DNS domain of the hosts.' }),
    ...layered,
    networks: z.record(networkName, network).meta({ description: 'Networks by name.' }),
    vips: z
      .record(label, z.record(networkName, address))
      .optional()
      .meta({ description: 'Virtual addresses of the controllers: name, then address by network.' }),
    cluster: z
      .strictObject({
        id: label.optional().meta({
          description:
            "Name of the controllers' cluster and its data; by default the fleet's. Another name says that the " +
            'data of the old cluster no longer count: a new one is made from nothing, without asking ' +
            'controllers that are gone.',
          examples: ['production-2'],
        }),
      })
      .optional()
      .meta({ description: 'The cluster that the controllers form.' }),
    boot: boot.optional(),
    records: z
      .record(recordName, address)
      .optional()
      .meta({ description: 'Further DNS records, full name to address; the names must be in the domain.' }),
    groups: z.record(label, group).optional().meta({ description: 'Groups by name.' }),
    hosts: z.record(label, host).meta({ description: 'Hosts by name.' }),
    library: z.array(folder).optional().meta({
      description: 'Folders of your own components, roles and platforms, relative to the inventory.',
    }),
    target: z.enum(['iso', 'ec2', 'openstack', 'vmware']).optional().meta({
      description: 'How seeds reach the hosts, for the limit on their size; iso has none.',
      default: 'iso',
    }),
  })
  .meta({ title: 'stackseed inventory' });

export type Inventory = z.infer<typeof inventorySchema>;
export type InventoryHost = z.infer<typeof host>;
export type InventoryGroup = z.infer<typeof group>;
export type InventoryNetwork = z.infer<typeof network>;
export type Attachment = z.infer<typeof attachment>;
export type InventoryBoot = z.infer<typeof boot>;
