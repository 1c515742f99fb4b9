#!/bin/bash
# Says which driver the hosts of the cloud use.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  printf 'driver %s\n' "$NEUTRON_COMMON_DRIVER"
}

"${MAIN:-main}" "$@"
