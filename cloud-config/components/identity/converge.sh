#!/bin/bash
# Makes this machine the host of its seed: name, resolver, machine id, SSH host keys. Reads node.env,
# /sys/class/net and the interfaces' addresses; writes /etc/resolv.conf and empty SSH host keys. Halts
# when the seed belongs to another machine.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# Every MAC of this machine. A member of a bond shows the bond's, and keeps its own beside it.
own_macs() {
  cat "$ROOT"/sys/class/net/*/address "$ROOT"/sys/class/net/*/bonding_slave/perm_hwaddr 2>/dev/null |
    grep -v '^00:00:00:00:00:00$' | sort -u || true
}

check_machine() {
  local mac own missing=() found=0
  own=$(own_macs)
  for mac in $STACKSEED_MACS; do
    if grep -qxiF "$mac" <<<"$own"; then
      found=$((found + 1))
    else
      missing+=("$mac")
    fi
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$found" -eq 0 ]; then
    halt "this seed is for $STACKSEED_HOST with MAC ${missing[*]}, and this machine has ${own//$'\n'/ }"
  fi
  waiting "no network interface with MAC ${missing[*]}"
}

# Addresses of the inventory that no interface has, one a line.
missing_addresses() {
  local address up
  up=$(ip -o -4 addr show | sed -n 's|.* inet \([0-9./]*\) .*|\1|p')
  for address in $STACKSEED_ADDRESSES; do
    grep -qxF "$address" <<<"$up" || printf '%s\n' "$address"
  done
}

check_addresses() {
  local missing
  missing=$(missing_addresses)
  [ -n "$missing" ] || return 0
  log "no interface has ${missing//$'\n'/ }: applying the network configuration again"
  relay_network
  missing=$(missing_addresses)
  [ -z "$missing" ] || waiting "no interface has ${missing//$'\n'/ }"
}

set_hostname() {
  [ "$(hostname)" = "$STACKSEED_HOST" ] || hostname "$STACKSEED_HOST"
}

# Three servers are all that glibc asks: those of the inventory, then those of DHCP, so that a host
# whose first server is itself, or not there yet, can still install its packages.
resolv_conf() {
  local server count=0
  printf '# Written by stackseed.\n'
  [ -z "$STACKSEED_DNS_SEARCH" ] || printf 'search %s\n' "$STACKSEED_DNS_SEARCH"
  printf 'options timeout:2 attempts:2\n'
  { printf '%s\n' "$STACKSEED_DNS_SERVERS" | tr ' ' '\n'
    bash "$ROOT/usr/local/lib/stackseed/uplink-resolvers"
  } | awk 'NF && !seen[$0]++' | while read -r server && [ "$count" -lt 3 ]; do
    printf 'nameserver %s\n' "$server"
    count=$((count + 1))
  done
}

# A link means that resolvconf or systemd-resolved looks after the file: they are told by network-config.
set_resolver() {
  [ "$STACKSEED_RESOLVER" = file ] && [ -n "$STACKSEED_DNS_SERVERS" ] || return 0
  [ ! -L "$ROOT/etc/resolv.conf" ] || return 0
  resolv_conf | write_file "$ROOT/etc/resolv.conf" 0644 || [ "$?" -eq 1 ]
}

check_machine_id() {
  [ ! -s "$ROOT/etc/machine-id" ] || return 0
  log 'machine id is missing or empty: making one'
  rm -f "$ROOT/etc/machine-id"
  systemd-machine-id-setup
}

# A power cut soon after they were made leaves host keys of no bytes, and sshd refuses to start.
mend_host_keys() {
  local key mended=''
  for key in "$ROOT"/etc/ssh/ssh_host_*_key; do
    if [ -f "$key" ] && [ ! -s "$key" ]; then
      rm -f "$key" "$key.pub"
      mended+=" ${key##*/}"
    elif [ -f "$key.pub" ] && [ ! -s "$key.pub" ]; then
      ssh-keygen -y -f "$key" | write_file "$key.pub" 0644 || [ "$?" -eq 1 ]
    fi
  done
  [ -n "$mended" ] || return 0
  log "empty SSH host keys are made again:$mended"
  ssh-keygen -A
  sync
  systemctl try-restart "$SSH_UNIT"
}

main() {
  check_machine
  set_hostname
  check_machine_id
  mend_host_keys
  check_addresses
  set_resolver
}

"${MAIN:-main}" "$@"
