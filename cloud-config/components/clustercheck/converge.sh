#!/bin/bash
# Opens the port on which HAProxy asks whether the database of this controller may be used. Reads the files
# of this component; changes stackseed-clustercheck.socket and its service.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  restart_if_changed stackseed-clustercheck.socket
}

"${MAIN:-main}" "$@"
