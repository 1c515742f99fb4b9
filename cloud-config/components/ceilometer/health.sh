#!/bin/bash
# Says whether Ceilometer's agents run on this host, and with how many central agents it shares the work out.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/ceilometer.sh"

main() {
  local unit count
  for unit in ceilometer-agent-central ceilometer-agent-notification; do
    if ! systemctl is-active --quiet "$unit.service"; then
      printf '%s does not run\n' "$unit"
      return 1
    fi
  done
  if has_no_publisher; then
    printf '%s could not reach Gnocchi when it started, and drops all samples\n' "$NOTIFICATION"
    return 1
  fi
  count=$(openstack_python ceilometer_group 2>/dev/null) || count=''
  if [ -z "$count" ]; then
    printf 'Redis does not answer\n'
    return 1
  fi
  printf 'runs, %s central agents share the work out\n' "$count"
}

"${MAIN:-main}" "$@"
