#!/bin/bash
# Says which dumps are here, and whether the last attempt went well.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local found
  if ! systemctl is-active --quiet stackseed-database-dump.timer; then
    printf 'the timer does not run\n'
    return 1
  fi
  if systemctl is-failed --quiet stackseed-database-dump.service; then
    printf 'the last dump failed\n'
    return 1
  fi
  found=$(find "$ROOT$DATABASE_DUMP_FOLDER" -maxdepth 1 -name '*.sql.gz' -printf '%f\n' 2>/dev/null | sort) || true
  if [ -z "$found" ]; then
    printf 'no dump here yet\n'
  else
    printf '%d dumps, the last one %s\n' "$(wc -l <<<"$found")" "$(tail -n 1 <<<"$found")"
  fi
}

"${MAIN:-main}" "$@"
