#!/bin/bash
# Makes the kernel forward. Reads /etc/sysctl.d/61-stackseed-routing.conf; changes /proc/sys.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local said
  said=$(bash "$ROOT/usr/local/lib/stackseed/kernel-settings" apply \
    "$ROOT/etc/sysctl.d/61-stackseed-routing.conf") || halt "$said"
}

"${MAIN:-main}" "$@"
