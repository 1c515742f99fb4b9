#!/bin/bash
# Says how many sources apt uses. Reads /etc/apt/sources.list and what it should be.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local wanted
  wanted=$(cut -d ' ' -f 2- "$ROOT/etc/stackseed/apt-sources")
  if [ "$(grep '^deb ' "$ROOT/etc/apt/sources.list")" != "$wanted" ]; then
    printf '/etc/apt/sources.list is not that of the inventory\n'
    return 1
  fi
  printf '%d sources\n' "$(wc -l <<<"$wanted")"
}

"${MAIN:-main}" "$@"
