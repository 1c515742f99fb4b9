#!/bin/bash
# Says whether dnsmasq knows this host's own name. Asks it as a client would, on an address of the fleet.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local server answer
  # The first address of the inventory; a host that has none by it is asked for itself.
  server=${STACKSEED_ADDRESSES%% *}
  server=${server%/*}
  if ! answer=$(host -W 3 -t A "$STACKSEED_FQDN" "${server:-127.0.0.1}" 2>&1); then
    printf 'no answer for %s: %s\n' "$STACKSEED_FQDN" "${answer##*$'\n'}"
    return 1
  fi
  printf 'answers on %s, asks %s\n' "${server:-127.0.0.1}" \
    "${DNS_FORWARDERS:-$(sed -n 's/^nameserver //p' "$ROOT/etc/resolv.stackseed-dns.conf" | paste -sd ' ' | grep . || echo nobody else)}"
}

"${MAIN:-main}" "$@"
