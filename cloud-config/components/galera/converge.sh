#!/bin/bash
# Brings MariaDB into the cluster by the join loop, which returns when this controller serves. Reads
# /etc/stackseed/galera.json and cluster.json; changes the database, its record beside it and its unit.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local status=0
  have_unit "$GALERA_UNIT" || waiting "no $GALERA_UNIT: the packages of the database are not installed"
  [ -d "$ROOT/var/lib/mysql" ] || waiting 'for /var/lib/mysql, which the package makes'
  enable_now stackseed-galera.path
  python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/galera_join.py" || status=$?
  exit "$status"
}

"${MAIN:-main}" "$@"
