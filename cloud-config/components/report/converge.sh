#!/bin/bash
# Opens the port on which this host tells its state. Reads the files of this component; changes
# stackseed-report.socket.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  restart_if_changed stackseed-report.socket
}

"${MAIN:-main}" "$@"
