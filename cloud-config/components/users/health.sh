#!/bin/bash
# Says which users of the inventory are there. Reads /etc/stackseed/users and the accounts.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local user count=0
  while read -r user; do
    if ! getent passwd "$user" >/dev/null; then
      printf 'user %s is missing\n' "$user"
      return 1
    fi
    count=$((count + 1))
  done < <(sed -n 's/^user //p' "$ROOT/etc/stackseed/users")
  if command -v visudo >/dev/null && ! visudo --check --quiet; then
    printf 'visudo finds an error in the sudoers files\n'
    return 1
  fi
  printf '%d users\n' "$count"
}

"${MAIN:-main}" "$@"
