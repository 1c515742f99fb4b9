#!/bin/bash
# Says whether Ceilometer's agent runs on this compute node.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  if ! systemctl is-active --quiet ceilometer-agent-compute.service; then
    printf 'does not run\n'
    return 1
  fi
  printf 'runs\n'
}

"${MAIN:-main}" "$@"
