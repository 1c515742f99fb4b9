#!/bin/bash
# Says whether the kernel forwards, and to where. Reads /proc/sys and the routes.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local out
  if [ "$(cat "$ROOT/proc/sys/net/ipv4/ip_forward")" != 1 ]; then
    printf 'the kernel does not forward\n'
    return 1
  fi
  # Without a way out the networks of the fleet still reach each other.
  out=$(ip -4 route show default | sed -n '1s/^default //p')
  printf 'forwards, %s\n' "${out:+out }${out:-no default route yet}"
}

"${MAIN:-main}" "$@"
