#!/bin/bash
# Says whether the firewall is in force and is what was loaded last. Reads the kernel's tables.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local digest
  digest=$(bash "$ROOT/usr/local/lib/stackseed/firewall-digest")
  if [ "$digest" = none ]; then
    printf 'no firewall is loaded\n'
    return 1
  fi
  if [ "$digest" != "$(cat "$ROOT/run/stackseed/firewall" 2>/dev/null)" ]; then
    printf 'the loaded rules were changed by somebody\n'
    return 1
  fi
  printf 'in force, %d openings\n' "$(nft list chain inet stackseed input | grep -c ' dport .* accept')"
}

"${MAIN:-main}" "$@"
