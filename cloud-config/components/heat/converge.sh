#!/bin/bash
# Runs Heat: its schema once in the cluster, with the domain in which stacks' users are. Reads
# /etc/stackseed/openstack and /etc/heat; changes its services and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  local unit
  [ -x "$ROOT/usr/bin/heat-wsgi-api" ] || waiting 'for the package heat-api'
  openstack_schema heat heat runuser -u heat -- heat-manage db_sync
  openstack_broker heat
  openstack_catalogue heat
  for unit in heat-engine.service heat-api.service heat-api-cfn.service; do
    openstack_start heat "$unit" "/etc/systemd/system/$unit"
  done
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:8004$HEAT_CHECK" 'Heat on this host'
}

"${MAIN:-main}" "$@"
