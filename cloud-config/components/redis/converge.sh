#!/bin/bash
# Runs Redis and Sentinel below the master that the others name. Reads /etc/stackseed/{redis,sentinel}.conf
# and cluster.json; writes /etc/redis, which the daemons change too; changes their units.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local unit status=0
  for unit in redis-server.service redis-sentinel.service; do
    have_unit "$unit" || waiting "no $unit: package ${unit%.service} is not installed"
    reload_unit "$unit"
  done
  python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/redis_join.py" || status=$?
  exit "$status"
}

"${MAIN:-main}" "$@"
