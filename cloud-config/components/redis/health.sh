#!/bin/bash
# Says whether Redis here is master or replica, and whether Sentinel agrees. Asks both.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  exec python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/redis_health.py"
}

"${MAIN:-main}" "$@"
