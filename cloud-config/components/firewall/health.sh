#!/bin/bash
# Says whether the firewall is in force and is what was loaded last. Reads the kernel's tables.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# What a component serves; not the rule for the answers of DHCP, which names both ports.
openings() {
  nft list chain inet stackseed input | grep -v ' sport ' | grep -c ' dport .* accept' || true
}

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
  printf 'in force, %d openings\n' "$(openings)"
}

"${MAIN:-main}" "$@"
