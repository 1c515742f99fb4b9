#!/bin/bash
# Says whether Heat's APIs on this host answer and its engine runs.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  if ! systemctl is-active --quiet heat-engine.service; then
    printf 'the engine does not run\n'
    return 1
  fi
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:8000$HEAT_CHECK" '' >/dev/null || {
    printf 'the API for CloudFormation does not answer\n'
    return 1
  }
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:8004$HEAT_CHECK" 'the engine runs'
}

"${MAIN:-main}" "$@"
