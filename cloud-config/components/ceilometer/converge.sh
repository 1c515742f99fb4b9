#!/bin/bash
# Runs Ceilometer's agents on a controller, and has Gnocchi know the kinds of resources, once in the cluster. Reads
# /etc/stackseed/openstack and /etc/ceilometer; changes their services.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/ceilometer.sh"

main() {
  local unit upgrade
  [ -x "$ROOT/usr/bin/ceilometer-polling" ] || waiting 'for the package ceilometer-agent-central'
  openstack_broker ceilometer
  openstack_catalogue ceilometer
  openstack_ready "$(openstack_url 8041 /)" Gnocchi
  read -ra upgrade <<<"ceilometer-upgrade $CEILOMETER_UPGRADE"
  openstack_once ceilometer-resources "$OPENSTACK_GENERATION" runuser -u ceilometer -- "${upgrade[@]}"
  for unit in ceilometer-agent-central.service ceilometer-agent-notification.service; do
    openstack_start ceilometer "$unit" "/etc/systemd/system/$unit"
  done
  if has_no_publisher; then
    log "$NOTIFICATION could not reach Gnocchi when it started, and is started anew"
    systemctl restart "$NOTIFICATION"
  fi
}

"${MAIN:-main}" "$@"
