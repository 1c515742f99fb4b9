import { isIP } from 'node:net';
import { z } from 'zod';

/**
 * The small forms that values of an inventory take. Each is strict about what can stand in a config
 * file unquoted, so that no later layer has to think about line breaks, quotes or shell characters.
 */

/**
 * A label of a host name as RFC 1123 has it, in lower case: what Linux, DNS and Galera all accept. Digits
 * alone would be read as an address (`ping 1` asks 0.0.0.1).
 */
export const label = z
  .string()
  .regex(/^(?![0-9]+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error:
      'not a name: lower-case letters, digits and hyphens, at most 63, a letter among them, no hyphen at an end',
  })
  .meta({ id: 'label', title: 'name', examples: ['cnt1'] });

/** Network names become interface names, which Linux limits to 15 bytes. */
export const networkName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,13}[a-z0-9]$|^[a-z]$/, {
    error: 'not a network name: a letter, then letters and digits, lower case, at most 15 in all',
  })
  .meta({ id: 'network-name', title: 'network name', examples: ['manage'] });

/** The last label has a letter, so that no address passes for a name. */
const DOMAIN =
  /^(?!.*(^|\.)[0-9]+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

export const domain = z
  .string()
  .max(190)
  .regex(DOMAIN, { error: 'not a domain name: lower-case letters, digits and hyphens between dots' })
  .meta({ id: 'domain', title: 'domain', examples: ['example.net'] });

/** Full name of a DNS record. */
export const recordName = z
  .string()
  .max(253)
  .regex(DOMAIN, { error: 'not a DNS name: lower-case letters, digits and hyphens between dots' })
  .meta({ id: 'record-name', title: 'DNS name', examples: ['www.example.net'] });

export const platform = z
  .string()
  .regex(/^[a-z][a-z0-9]*-[0-9]+(\.[0-9]+)*$/, { error: 'not a platform: distribution, hyphen, release' })
  .meta({ id: 'platform', title: 'platform', examples: ['debian-12'] });

/** A folder beside the inventory. */
export const folder = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z0-9._/-]+$/, { error: 'not a folder: letters, digits and . _ - / only' })
  .meta({ id: 'folder', title: 'folder', examples: ['site'] });

export const bmcUser = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, {
    error: 'not an account: a letter or digit, then letters, digits and . _ @ -, at most 64',
  })
  .meta({ id: 'bmc-user', title: 'account', examples: ['admin'] });

/** A host name or an address: what a client is told to talk to. */
export const server = z
  .string()
  .max(253)
  .refine((text) => isIP(text) !== 0 || domain.safeParse(text.toLowerCase()).success, {
    error: 'neither an address nor a host name',
  })
  .meta({ id: 'server', title: 'address or host name', examples: ['192.168.0.1', 'ntp.example.net'] });

const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = `(${OCTET}\\.){3}${OCTET}`;

export const address = z
  .string()
  .regex(new RegExp(`^${IPV4}$`), { error: 'not an IPv4 address' })
  .meta({ id: 'address', title: 'IPv4 address', examples: ['192.168.0.51'] });

export const cidr = z
  .string()
  .regex(new RegExp(`^${IPV4}/([89]|[12][0-9]|30)$`), {
    error: 'not a network: an IPv4 address, a slash and a prefix length from 8 to 30',
  })
  .meta({ id: 'cidr', title: 'network in CIDR form', examples: ['192.168.0.0/24'] });

/** Any of the usual spellings; kept in lower case with colons from here on. */
export const mac = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(\1[0-9A-Fa-f]{2}){4}$/, { error: 'not a MAC address' })
  .meta({ id: 'mac', title: 'MAC address', examples: ['52:54:00:12:34:56'] });

/** As the kernel accepts them, less what would need quoting somewhere. */
export const interfaceName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,14}$/, {
    error: 'not an interface name: at most 15 letters, digits, _ and -',
  })
  .meta({ id: 'interface-name', title: 'interface name', examples: ['ens3'] });

export const httpUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~%+@:,=/-]*)?$/, {
    error: 'not a URL of the form http://host/path',
  })
  .meta({ id: 'http-url', title: 'URL', examples: ['http://mirror.example.net/debian'] });

/** An address that a BMC is reached at. */
export const bmcUrl = z
  .string()
  .max(2048)
  .regex(/^(https?|ipmi):\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~%+@:,=/-]*)?$/, {
    error: 'not a BMC address: https://host/… for Redfish, ipmi://host for IPMI',
  })
  .meta({ id: 'bmc-url', title: 'URL', examples: ['https://bmc1.example.net', 'ipmi://192.168.9.51'] });

/** As `openssl x509 -fingerprint -sha256` prints it. */
export const fingerprint = z
  .string()
  .regex(/^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/, {
    error: 'not a SHA-256 fingerprint: 32 hex pairs between colons',
  })
  .meta({
    id: 'fingerprint',
    title: 'fingerprint',
    examples: ['what `openssl x509 -fingerprint -sha256` prints'],
  });

/** OpenSSH public key, one line; the comment may hold any printable ASCII. */
export const sshKey = z
  .string()
  .max(16384)
  .regex(
    /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{32,}={0,3}( [\x20-\x7e]*)?$/,
    { error: 'not an OpenSSH public key' },
  )
  .meta({
    id: 'ssh-key',
    title: 'OpenSSH public key',
    examples: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… me@example.net'],
  });

/** crypt(3) hash: sha512 or yescrypt, as mkpasswd and openssl passwd make them. */
export const passwordHash = z
  .string()
  .regex(
    /^\$(6\$(rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}|y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{43})$/,
    { error: 'not a crypt(3) hash by SHA-512 or yescrypt; a password itself must not stand here' },
  )
  .meta({ id: 'password-hash', title: 'password hash', examples: ['what `mkpasswd -m sha-512` prints'] });

export const userName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,30}$/, { error: 'not a user name: lower case, at most 31' })
  .refine((name) => name !== 'root', { error: 'root is not made by stackseed' })
  .meta({ id: 'user-name', title: 'user name', examples: ['operator'] });

export const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/[A-Za-z0-9._+/-]*$/, { error: 'not an absolute path of letters, digits and . _ + -' })
  .meta({ id: 'absolute-path', title: 'path', examples: ['/bin/bash'] });

/** A name in the Olson database. */
export const timezone = z
  .string()
  .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,2}$/, { error: 'not a time zone' })
  .meta({ id: 'timezone', title: 'time zone', examples: ['Etc/UTC', 'Asia/Tokyo'] });

/** Disk by what does not change over a reboot; never /dev/sda, which does. */
export const diskPath = z
  .string()
  .regex(/^\/dev\/disk\/by-(id|path|uuid|label)\/[A-Za-z0-9._:+@-]+$/, {
    error:
      'not a stable disk name: one below /dev/disk/by-id or by-path; /dev/sda may be another disk after a reboot',
  })
  .meta({ id: 'disk-path', title: 'path', examples: ['/dev/disk/by-id/nvme-eui.0025385b71b0a5c5'] });

/** As in the list of locales of glibc, UTF-8 only. */
export const locale = z
  .string()
  .regex(/^[a-z]{2,3}_[A-Z]{2}\.UTF-8$/, { error: 'not a locale: such as en_US.UTF-8' })
  .meta({ id: 'locale', title: 'locale', examples: ['en_US.UTF-8'] });

/** A layout of XKB, as both installers call it. */
export const keyboard = z
  .string()
  .regex(/^[a-z]{2,10}$/, { error: 'not a keyboard layout: such as us, de, gb or jp' })
  .meta({ id: 'keyboard', title: 'keyboard layout', examples: ['us'] });

/** What the kernel takes behind `console=` for a serial line. */
export const serialConsole = z
  .string()
  .regex(/^tty(S|AMA|USB)[0-9]{1,2}(,[0-9]{3,7}([noe]([5-8]r?)?)?)?$/, {
    error: 'not a serial line: such as ttyS0 or ttyS0,115200n8',
  })
  .meta({ id: 'serial-console', title: 'serial line', examples: ['ttyS0,115200n8'] });

/**
 * One parameter of the kernel. It passes through GRUB, PXELINUX, iPXE and shells, so it holds nothing that any of
 * them would read: no blank, quote, backslash, `$`, `;`, `#`, `{` or `&`.
 */
export const kernelParameter = z
  .string()
  .max(120)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.,:/=@+%-]*$/, {
    error: 'not a kernel parameter: letters, digits and _ . , : / = @ + % - only, no blank',
  })
  .meta({ id: 'kernel-parameter', title: 'kernel parameter', examples: ['mitigations=auto'] });

export const packageName = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9+.-]+$/, { error: 'not a package name' })
  .meta({ id: 'package-name', title: 'package', examples: ['lshw'] });

/** In decimal units, as disks are sold and as the installers count. */
export const diskSize = z
  .string()
  .regex(/^[1-9][0-9]{0,5}[MGT]$/, { error: 'not a size: digits and M, G or T, such as 20G' })
  .meta({ id: 'disk-size', title: 'size', examples: ['20G'] });

/** Where a volume is mounted. A dot would end an entry of a partman recipe. */
export const mountPoint = z
  .string()
  .max(200)
  .regex(/^\/$|^(\/[A-Za-z0-9_][A-Za-z0-9_-]*)+$/, {
    error: 'not a folder to mount on: such as / or /var/lib/mysql',
  })
  .meta({ id: 'mount-point', title: 'path', examples: ['/var/lib/mysql'] });

/** A file or folder of the operator's machine. */
export const filePath = z
  .string()
  .max(4096)
  .regex(/^[A-Za-z0-9._/][A-Za-z0-9._+@/-]*$/, { error: 'not a path: letters, digits and . _ + @ - / only' })
  .meta({ id: 'file-path', title: 'path', examples: ['/usr/lib/debian-installer/images/12/amd64/text'] });

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'not a SHA-256: 64 hex digits, lower case' })
  .meta({ id: 'sha256', title: 'SHA-256', examples: ['what `sha256sum` prints'] });
