#!/bin/bash
# Says whether Placement on this host answers.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:8778/"
}

"${MAIN:-main}" "$@"
