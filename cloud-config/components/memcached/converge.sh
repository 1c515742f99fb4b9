#!/bin/bash
# Runs memcached. Reads /etc/memcached.conf; changes the memcached service.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  have_unit "$MEMCACHED_UNIT" || waiting "no $MEMCACHED_UNIT: package memcached is not installed"
  restart_if_changed "$MEMCACHED_UNIT"
}

"${MAIN:-main}" "$@"
