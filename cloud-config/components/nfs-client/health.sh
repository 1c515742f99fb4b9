#!/bin/bash
# Says whether every mount is a mount, and the server's marker is to be read through it.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local path what count=0
  while read -r path what _; do
    if ! timeout 10 mountpoint -q "$ROOT$path"; then
      printf '%s is not mounted\n' "$path"
      return 1
    fi
    # A hard mount whose server is away blocks for ever, so the reading has a limit.
    if ! timeout -k 1 10 cat "$ROOT$path/.stackseed-share" >/dev/null 2>&1; then
      printf '%s at %s: the server is away, or it is not a share of stackseed\n' "$what" "$path"
      return 1
    fi
    count=$((count + 1))
  done <"$ROOT/etc/stackseed/nfs-mounts"
  printf '%d mounts\n' "$count"
}

"${MAIN:-main}" "$@"
