#!/bin/bash
# Says how this controller stands in the cluster, and whether it serves. Asks MariaDB.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  exec python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/galera_health.py"
}

"${MAIN:-main}" "$@"
