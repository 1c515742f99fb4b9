#!/bin/bash
# Runs Ceilometer's agent on a compute node. Reads /etc/ceilometer; changes its service.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  [ -x "$ROOT/usr/bin/ceilometer-polling" ] || waiting 'for the package ceilometer-agent-compute'
  openstack_start ceilometer-compute ceilometer-agent-compute.service /etc/systemd/system/ceilometer-agent-compute.service
}

"${MAIN:-main}" "$@"
