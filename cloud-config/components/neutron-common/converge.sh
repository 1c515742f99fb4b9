#!/bin/bash
# Nothing runs by this component: it holds the settings that server and agents have in common.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  :
}

"${MAIN:-main}" "$@"
