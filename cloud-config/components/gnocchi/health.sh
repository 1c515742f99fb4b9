#!/bin/bash
# Says whether Gnocchi's API on this host answers and its workers run, and Redis still has what they need.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  local count
  if ! systemctl is-active --quiet gnocchi-metricd.service; then
    printf 'the workers do not run\n'
    return 1
  fi
  count=$(openstack_python gnocchi_redis parts 2>/dev/null) || count=''
  case $count in
    '') printf 'Redis does not answer\n'; return 1 ;;
    none) printf 'Redis has lost what Gnocchi noted there\n'; return 1 ;;
  esac
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:8041$GNOCCHI_CHECK" 'the workers run'
}

"${MAIN:-main}" "$@"
