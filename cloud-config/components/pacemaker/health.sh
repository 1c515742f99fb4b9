#!/bin/bash
# Says whether this host is part of a Pacemaker with a majority and a DC, and which virtual addresses it holds. Asks
# the daemons.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  STACKSEED_HOST=$STACKSEED_HOST python3 -I "$ROOT/usr/local/lib/stackseed/py/report_pacemaker.py" words
}

"${MAIN:-main}" "$@"
