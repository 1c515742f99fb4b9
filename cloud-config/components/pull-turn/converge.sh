#!/bin/bash
# Opens the port on which hosts ask for their turn. Reads the files of this component; changes stackseed-turn.socket.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  restart_if_changed stackseed-turn.socket
}

"${MAIN:-main}" "$@"
