import { clusterRules } from './cluster-rules.ts';

/** Which program judges which file of a node. */
export interface Rule {
  judge: string;
  path: RegExp;
  /** Bash, run in a root where everything is in its place; the file is "$1". A bad file makes it fail. */
  command: string;
}

/** The first that fits counts. Every file that is not below the seed's own folder must fit one. */
export const rules: Rule[] = [
  {
    judge: 'nft',
    path: /^\/etc\/(nftables\.conf|nftables\.d\/.*|stackseed\/.*\.nft)$/,
    command: 'nft --check --file "$1"',
  },
  {
    judge: 'dnsmasq',
    path: /^\/etc\/dnsmasq(\.conf|\.d\/.*)$/,
    command: 'dnsmasq --test --conf-file="$1"',
  },
  {
    judge: 'chronyd',
    path: /^\/etc\/chrony\/.*\.conf$/,
    // -p prints what was read; an unknown directive is fatal.
    command: 'chronyd -p -f "$1" > /dev/null',
  },
  {
    judge: 'visudo',
    path: /^\/etc\/sudoers\.d\//,
    command: 'visudo --check --quiet --strict --owner --perms --file="$1"',
  },
  {
    judge: 'sshd',
    path: /^\/etc\/ssh\/sshd_config(\.d\/.*)?$/,
    command: 'mkdir -p /run/sshd; ssh-keygen -A > /dev/null; sshd -t',
  },
  {
    judge: 'exportfs',
    path: /^\/etc\/exports(\.d\/.*)?$/,
    // The kernel here serves no NFS, which exportfs finds out after it has read the exports.
    command:
      'sed -n "s/^\\(\\/[^ ]*\\) .*/\\1/p" "$1" | xargs -r mkdir -p; ' +
      'said=$(exportfs -r 2>&1 | grep -v -e proc/ -e implemented); [ -z "$said" ] || { echo "$said"; false; }',
  },
  {
    judge: 'nfsconf',
    path: /^\/etc\/nfs\.conf(\.d\/.*)?$/,
    // What it does not understand it reports, and goes on.
    command:
      'said=$(nfsconf --file "$1" --dump 2>&1 > /dev/null); [ -z "$said" ] || { echo "$said"; false; }',
  },
  {
    judge: 'sysctl',
    path: /^\/etc\/sysctl\.d\//,
    // It says what it does not understand, and goes on.
    command:
      'said=$(sysctl --dry-run --load="$1" 2>&1 > /dev/null); [ -z "$said" ] || { echo "$said"; false; }',
  },
  {
    judge: 'apt-config',
    path: /^\/etc\/apt\/apt\.conf\.d\//,
    command: 'apt-config --config-file="$1" dump > /dev/null',
  },
  {
    judge: 'apt',
    path: /^\/etc\/stackseed\/apt-sources$/,
    // The second part of each line is a line of sources.list; without network only reading it is judged.
    command:
      'rm -rf /etc/apt/sources.list.d/*; cut -d " " -f 2- "$1" > /etc/apt/sources.list; apt-get indextargets > /dev/null',
  },
  {
    judge: 'bash',
    path: /^\/etc\/(default\/.*|rabbitmq\/rabbitmq-env\.conf|stackseed\/node\.env)$/,
    command: 'env -i bash -euc \'. "$0"\' "$1"',
  },
  {
    judge: 'ssh-keygen',
    path: /^\/etc\/stackseed\/seed-signers$/,
    command: 'ssh-keygen -Y match-principals -I "$(cut -d " " -f 1 "$1")" -f "$1" > /dev/null',
  },
  { judge: 'hostname', path: /^\/etc\/hostname$/, command: 'hostname --file "$1" && hostname' },
  {
    judge: 'getent',
    path: /^\/etc\/hosts$/,
    command: 'getent -s files hosts "$(cat /etc/hostname)"',
  },
  {
    judge: 'memcached',
    path: /^\/etc\/memcached\.conf$/,
    // It has no check of its own: it must run, and then still be there when it is told to stop.
    command:
      'for a in $(sed -n "s/^-l //p" "$1" | tr , " "); do ip address add "$a/32" dev lo; done; ' +
      'timeout 1 /usr/share/memcached/scripts/systemd-memcached-wrapper "$1"; [ $? = 124 ]',
  },
  ...clusterRules,
];

/** Files that no program but our own scripts reads; their tests judge them. */
export const ours = [
  /^\/etc\/stackseed\/(fencing\.keys|nfs-(exports|mounts)|phone-home\.token|provider-nics|users|virtual-addresses)$/,
  /^\/etc\/rabbitmq\/stackseed\/admin\.password$/,
  /^\/var\/lib\/stackseed\//,
];

/** Judged by tests of their own, for all hosts at once. */
export const elsewhere = [
  /^\/etc\/systemd\/system(-generators)?\//,
  /^\/usr\/local\/(s?bin|lib\/stackseed)\//,
];
