#!/bin/bash
# Says whether memcached answers on its address. Asks it for its statistics.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# The address is this host's own, so connecting succeeds or fails at once.
ask() {
  local line
  exec 3<>"/dev/tcp/$1/$2"
  printf 'stats\r\nquit\r\n' >&3
  while IFS= read -r -t 5 line <&3; do
    printf '%s\n' "${line%$'\r'}"
  done
}

main() {
  local address port answer
  address=$(sed -n 's/^-l //p' "$ROOT/etc/memcached.conf")
  port=$(sed -n 's/^-p //p' "$ROOT/etc/memcached.conf")
  answer=$(ask "$address" "$port" 2>/dev/null) || true
  if ! grep -q '^STAT pid ' <<<"$answer"; then
    printf 'no answer on %s port %s\n' "$address" "$port"
    return 1
  fi
  printf 'answers on %s, %s connections\n' "$address" "$(sed -n 's/^STAT curr_connections //p' <<<"$answer")"
}

"${MAIN:-main}" "$@"
