#!/bin/bash
# Says whether Cinder's API on this host answers and its scheduler runs.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  if ! systemctl is-active --quiet cinder-scheduler.service; then
    printf 'the scheduler does not run\n'
    return 1
  fi
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:8776$CINDER_CHECK" 'the scheduler runs'
}

"${MAIN:-main}" "$@"
