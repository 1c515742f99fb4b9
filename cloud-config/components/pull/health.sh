#!/bin/bash
# Says what came of the last look for a newer seed. A server that is away makes no host unhealthy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  systemctl is-active --quiet stackseed-pull.timer || {
    printf 'stackseed-pull.timer does not run\n'
    return 1
  }
  if [ -s "$ROOT/run/stackseed/pull" ]; then
    head -n 1 "$ROOT/run/stackseed/pull"
  else
    printf 'has not looked for a newer seed since the boot\n'
  fi
}

"${MAIN:-main}" "$@"
