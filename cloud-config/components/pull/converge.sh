#!/bin/bash
# Has this host look for newer seeds. Reads the files of this component; changes stackseed-pull.timer.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  ssh-keygen -Y check-novalidate 2>&1 </dev/null | grep -q -e 'unknown option' -e 'illegal option' &&
    halt "this release's ssh-keygen knows no signatures, so no seed can be checked: take the role pull away from this host"
  restart_if_changed stackseed-pull.timer
}

"${MAIN:-main}" "$@"
