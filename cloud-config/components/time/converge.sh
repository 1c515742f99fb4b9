#!/bin/bash
# Sets the time zone and runs chrony. Reads node.env; changes /etc/localtime, /etc/timezone and the
# chrony service.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

set_timezone() {
  local zone=/usr/share/zoneinfo/$STACKSEED_TIMEZONE
  [ -f "$ROOT$zone" ] || halt "there is no time zone $STACKSEED_TIMEZONE"
  if [ "$(readlink "$ROOT/etc/localtime" || true)" != "$zone" ]; then
    log "time zone is $STACKSEED_TIMEZONE"
    ln -sf "$zone" "$ROOT/etc/localtime.new"
    mv -f "$ROOT/etc/localtime.new" "$ROOT/etc/localtime"
  fi
  printf '%s\n' "$STACKSEED_TIMEZONE" | write_file "$ROOT/etc/timezone" 0644 || [ "$?" -eq 1 ]
}

main() {
  set_timezone
  have_unit "$CHRONY_UNIT" || waiting "no $CHRONY_UNIT: package chrony is not installed"
  restart_if_changed "$CHRONY_UNIT"
}

"${MAIN:-main}" "$@"
