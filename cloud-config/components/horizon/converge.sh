#!/bin/bash
# Runs the dashboard. Reads /etc/openstack-dashboard; changes its service and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  [ -f "$ROOT$HORIZON_WSGI" ] || waiting 'for the package openstack-dashboard'
  openstack_site_off "$HORIZON_SITE"
  openstack_start horizon horizon.service /etc/systemd/system/horizon.service
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:8090/auth/login/" 'the dashboard on this host'
}

"${MAIN:-main}" "$@"
