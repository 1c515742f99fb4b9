#!/bin/bash
# Says which of the other controllers this one can read. Asks them; their silence is not this host's fault.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  /usr/bin/python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/ask.py" --words --sections '' --timeout 2
}

"${MAIN:-main}" "$@"
