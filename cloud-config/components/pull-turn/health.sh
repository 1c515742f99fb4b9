#!/bin/bash
# Says whether hosts can ask here for their turn, and who has it.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  systemctl is-active --quiet stackseed-turn.socket || {
    printf 'stackseed-turn.socket does not listen\n'
    return 1
  }
  # While the database does not serve nobody has a turn; that is no trouble of this component.
  /usr/bin/python3 -I -S -B "${STACKSEED_LIB:-/usr/local/lib/stackseed}/py/turn.py" show 2>&1 | head -n 1
}

"${MAIN:-main}" "$@"
