#!/bin/bash
# Says whether the dashboard on this host answers with the page to log in.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:8090/auth/login/"
}

"${MAIN:-main}" "$@"
