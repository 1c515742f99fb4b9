#!/bin/bash
# Runs dnsmasq with the fleet's zone. Reads /etc/dnsmasq.d/stackseed.conf and the DHCP leases; writes
# /etc/resolv.stackseed-dns.conf, the servers that are asked for everything else.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# What DHCP gave, else what the inventory says; dnsmasq itself leaves out addresses of this host.
forwarders() {
  local given
  given=$(bash "$ROOT/usr/local/lib/stackseed/uplink-resolvers")
  printf '# Written by stackseed.\n'
  tr ' ' '\n' <<<"${given:-$STACKSEED_DNS_SERVERS}" | sed -n 's/^./nameserver &/p'
}

# Kept apart from write_file: dnsmasq sees a change of this file by itself, and need not be restarted.
set_forwarders() {
  local source status=0
  source=$(mktemp)
  forwarders >"$source"
  put_file "$source" "$ROOT/etc/resolv.stackseed-dns.conf" 0644 "$(id -un)" "$(id -gn)" || status=$?
  rm -f "$source"
  [ "$status" -le 1 ]
}

main() {
  local complaint
  have_unit "$DNSMASQ_UNIT" || waiting "no $DNSMASQ_UNIT: package dnsmasq is not installed"
  set_forwarders
  complaint=$(dnsmasq --test --conf-file="$ROOT/etc/dnsmasq.d/stackseed.conf" 2>&1) || halt "dnsmasq refuses its configuration: ${complaint%%$'\n'*}"
  restart_if_changed "$DNSMASQ_UNIT"
}

"${MAIN:-main}" "$@"
