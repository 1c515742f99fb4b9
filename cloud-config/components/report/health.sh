#!/bin/bash
# Says whether this host tells its state where it should. Asks it, as the operator would.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local listen
  listen=$(sed -n 's/^ListenStream=//p' "$ROOT/etc/systemd/system/stackseed-report.socket")
  /usr/bin/python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/exchange.py" \
    "$STACKSEED_HOST" "${listen%:*}" "${listen##*:}"
}

"${MAIN:-main}" "$@"
