#!/bin/bash
# Says whether every folder is exported and the server listens. Reads the kernel's export table.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local exported folder count=0
  exported=$(exportfs -s | sed 's/[[:space:]].*//')
  while read -r _ _ folder; do
    if ! grep -qxF "$folder" <<<"$exported"; then
      printf '%s is not exported\n' "$folder"
      return 1
    fi
    count=$((count + 1))
  done <"$ROOT/etc/stackseed/nfs-exports"
  if ! (exec 3<>/dev/tcp/127.0.0.1/2049) 2>/dev/null; then
    printf 'nothing listens on port 2049\n'
    return 1
  fi
  printf '%d folders exported\n' "$count"
}

"${MAIN:-main}" "$@"
