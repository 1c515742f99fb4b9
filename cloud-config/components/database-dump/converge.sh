#!/bin/bash
# Runs the timer of the nightly dumps. Changes the unit stackseed-database-dump.timer.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  command -v "$DATABASE_DUMP_PROGRAM" >/dev/null || waiting "for the package with $DATABASE_DUMP_PROGRAM"
  restart_if_changed stackseed-database-dump.timer
}

"${MAIN:-main}" "$@"
