#!/bin/bash
# Runs Placement. Reads /etc/stackseed/openstack; writes its configuration, whose group has another name on some
# platforms; changes the placement-api service and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  local name=placement.conf
  [ -x "$ROOT$PLACEMENT_PROGRAM" ] || waiting "for $PLACEMENT_PROGRAM, which its package brings"
  openstack_site_off "$PLACEMENT_SITE"
  [ "$PLACEMENT_SCHEMA" = own ] || name=nova.conf
  write_file "$ROOT/etc/placement/$name" 0640 root "$PLACEMENT_USER" <"$OPENSTACK_ETC/placement.conf" || [ "$?" -eq 1 ]
  if [ "$PLACEMENT_SCHEMA" = own ]; then
    openstack_schema placement placement runuser -u placement -- placement-manage db sync
  else
    openstack_account placement nova_api
  fi
  openstack_catalogue placement
  openstack_start placement placement-api.service /etc/systemd/system/placement-api.service
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:8778/" 'Placement on this host'
}

"${MAIN:-main}" "$@"
