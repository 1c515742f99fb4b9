#!/bin/bash
# Looks whether the list of controllers and their key are whole. There is no daemon: what asks the other
# controllers reads /etc/stackseed/cluster.json and peers.key each time. Changes nothing.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local why
  why=$(/usr/bin/python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/ask.py" --check) || halt "$why"
}

"${MAIN:-main}" "$@"
