#!/bin/bash
# Nothing runs by this component: it lays what the components of OpenStack share.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  :
}

"${MAIN:-main}" "$@"
