#!/bin/bash
# Says who this machine is. Reads the running host name and the interfaces' addresses; changes nothing.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local name address up
  name=$(hostname)
  if [ "$name" != "$STACKSEED_HOST" ]; then
    printf 'host name is %s, not %s\n' "$name" "$STACKSEED_HOST"
    return 1
  fi
  up=$(ip -o -4 addr show | sed -n 's|.* inet \([0-9./]*\) .*|\1|p')
  for address in $STACKSEED_ADDRESSES; do
    if ! grep -qxF "$address" <<<"$up"; then
      printf 'no interface has %s\n' "$address"
      return 1
    fi
  done
  printf '%s\n' "$STACKSEED_FQDN ${STACKSEED_ADDRESSES:-by DHCP}"
}

"${MAIN:-main}" "$@"
