#!/bin/bash
# Says what the clock follows. Asks chronyd. A clock that follows nothing yet is no reason to hold up a
# fleet without Internet: it is said, and counts as healthy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# Value of a line of `chronyc tracking`.
tracked() {
  sed -n "s/^$1 *: //p" <<<"$2"
}

main() {
  local tracking
  if ! tracking=$(chronyc -n tracking 2>&1); then
    printf 'chronyd does not answer: %s\n' "${tracking%%$'\n'*}"
    return 1
  fi
  case $(tracked 'Leap status' "$tracking") in
    'Not synchronised') printf 'running, not synchronised yet\n' ;;
    *) printf 'follows %s, %s\n' "$(tracked 'Reference ID' "$tracking")" "$(tracked 'System time' "$tracking")" ;;
  esac
}

"${MAIN:-main}" "$@"
