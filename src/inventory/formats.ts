import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';

/**
 * The small forms that values of an inventory take. Each is strict about what can stand in a config
 * file unquoted, so that no later layer has to think about line breaks, quotes or shell characters.
 */

/** A label of a host name as RFC 1123 has it, in lower case: what Linux, DNS and Galera all accept. */
export const label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'not a name: lower-case letters, digits and hyphens, at most 63, no hyphen at an end',
  })
  .meta({ id: 'label', examples: ['cnt1'] });

/** Network names become interface names, which Linux limits to 15 bytes. */
export const networkName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,13}[a-z0-9]$|^[a-z]$/, {
    error: 'not a network name: a letter, then letters and digits, lower case, at most 15 in all',
  })
  .meta({ id: 'network-name', examples: ['manage'] });

export const domain = z
  .string()
  .max(190)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, {
    error: 'not a domain name',
  })
  .meta({ id: 'domain', examples: ['example.net'] });

/** A host name or an address: what a client is told to talk to. */
export const server = z
  .string()
  .max(253)
  .refine((text) => isIP(text) !== 0 || domain.safeParse(text.toLowerCase()).success, {
    error: 'neither an address nor a host name',
  })
  .meta({ id: 'server', examples: ['192.168.0.1', 'ntp.example.net'] });

export const address = z
  .string()
  .refine((text) => isIPv4(text), { error: 'not an IPv4 address' })
  .meta({ id: 'address', format: 'ipv4', examples: ['192.168.0.51'] });

export const cidr = z
  .string()
  .refine((text) => isCidr(text), {
    error: 'not a network: an IPv4 address, a slash and a prefix length from 8 to 30',
  })
  .meta({ id: 'cidr', examples: ['192.168.0.0/24'] });

function isCidr(text: string): boolean {
  const [base = '', prefix = '', ...rest] = text.split('/');
  return rest.length === 0 && isIPv4(base) && /^([89]|[12][0-9]|30)$/.test(prefix);
}

/** Any of the usual spellings; kept in lower case with colons from here on. */
export const mac = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(\1[0-9A-Fa-f]{2}){4}$/, { error: 'not a MAC address' })
  .meta({ id: 'mac', examples: ['52:54:00:12:34:56'] });

/** As the kernel accepts them, less what would need quoting somewhere. */
export const interfaceName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,14}$/, {
    error: 'not an interface name: at most 15 letters, digits, _ and -',
  })
  .meta({ id: 'interface-name', examples: ['ens3'] });

export const httpUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~%+@:,=/-]*)?$/, {
    error: 'not a URL of the form http://host/path',
  })
  .meta({ id: 'http-url', examples: ['http://mirror.example.net/debian'] });

/** An address that a BMC is reached at. */
export const bmcUrl = z
  .string()
  .max(2048)
  .regex(/^(https?|ipmi):\/\/[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[A-Za-z0-9._~%+@:,=/-]*)?$/, {
    error: 'not a BMC address: https://host/… for Redfish, ipmi://host for IPMI',
  })
  .meta({ id: 'bmc-url', examples: ['https://bmc1.example.net', 'ipmi://192.168.9.51'] });

/** OpenSSH public key, one line; the comment may hold any printable ASCII. */
export const sshKey = z
  .string()
  .max(16384)
  .regex(
    /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{32,}={0,3}( [\x20-\x7e]*)?$/,
    { error: 'not an OpenSSH public key' },
  )
  .meta({ id: 'ssh-key', examples: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… me@example.net'] });

/** crypt(3) hash: sha512 or yescrypt, as mkpasswd and openssl passwd make them. */
export const passwordHash = z
  .string()
  .regex(
    /^\$(6\$(rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}|y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{43})$/,
    {
      error: 'not a password hash: make one by `mkpasswd -m sha-512`',
    },
  )
  .meta({ id: 'password-hash' });

export const userName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,30}$/, { error: 'not a user name: lower case, at most 31' })
  .refine((name) => name !== 'root', { error: 'root is not made by stackseed' })
  .meta({ id: 'user-name', examples: ['operator'] });

export const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/[A-Za-z0-9._+/-]*$/, { error: 'not an absolute path of letters, digits and . _ + -' })
  .meta({ id: 'absolute-path', examples: ['/bin/bash'] });

/** A name in the Olson database. */
export const timezone = z
  .string()
  .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+){0,2}$/, { error: 'not a time zone' })
  .meta({ id: 'timezone', examples: ['Etc/UTC', 'Asia/Tokyo'] });

/** Disk by what does not change over a reboot; never /dev/sda, which does. */
export const diskPath = z
  .string()
  .regex(/^\/dev\/disk\/by-(id|path|uuid|label)\/[A-Za-z0-9._:+@-]+$/, {
    error:
      'not a stable disk name: one below /dev/disk/by-id or by-path; /dev/sda may be another disk after a reboot',
  })
  .meta({ id: 'disk-path', examples: ['/dev/disk/by-id/nvme-eui.0025385b71b0a5c5'] });
