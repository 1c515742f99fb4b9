#!/bin/bash
# Runs Cinder's API and scheduler: its schema and its volume types once in the cluster. Reads /etc/stackseed/openstack
# and /etc/cinder; changes their services and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  [ -x "$ROOT/usr/bin/cinder-wsgi" ] || waiting 'for the package cinder-api'
  openstack_site_off "$CINDER_SITE"
  openstack_schema cinder cinder runuser -u cinder -- cinder-manage db sync
  openstack_broker cinder
  openstack_catalogue cinder
  openstack_start cinder cinder-scheduler.service /etc/systemd/system/cinder-scheduler.service
  openstack_start cinder cinder-api.service /etc/systemd/system/cinder-api.service
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:8776$CINDER_CHECK" 'Cinder on this host'
  openstack_once cinder-types "$(openstack_generation)" \
    python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/cinder_types.py"
}

"${MAIN:-main}" "$@"
