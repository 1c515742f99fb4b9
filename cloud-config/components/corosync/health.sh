#!/bin/bash
# Says whom Corosync sees, whether that is a majority, and when it has not got its new key yet. Asks the daemon. Without a
# majority it is healthy as well: it does its part, and who needs the majority says so itself.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local said
  said=$(COROSYNC_TRANSPORT=$COROSYNC_TRANSPORT python3 -I -B "$ROOT/usr/local/lib/stackseed/py/report_corosync.py" words) || {
    printf '%s\n' "${said:-corosync does not answer}"
    return 1
  }
  printf '%s\n' "$said"
}

"${MAIN:-main}" "$@"
