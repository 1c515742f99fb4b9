#!/bin/bash
# Runs Keystone: its keys, its schema and its administrator, each of the last two once in the cluster. Reads
# /etc/stackseed/openstack; writes /etc/keystone/{fernet,credential}-keys; changes the keystone service and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  [ -x "$ROOT/usr/bin/keystone-manage" ] || waiting 'for the package keystone'
  openstack_site_off "$KEYSTONE_SITE"
  openstack_patiently openstack_python keystone_keys write
  restart_if_changed stackseed-keystone-keys.timer
  openstack_schema keystone keystone runuser -u keystone -- keystone-manage db_sync
  openstack_once keystone-bootstrap "$(openstack_generation)" \
    "$ROOT/usr/local/lib/stackseed/keystone-bootstrap" "$OPENSTACK_REGION" "$(openstack_url 5000)" \
    "$(openstack_public_url 5000)" "$KEYSTONE_ROLES"
  openstack_start keystone keystone.service /etc/systemd/system/keystone.service
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:5000/healthcheck" 'Keystone on this host'
}

"${MAIN:-main}" "$@"
