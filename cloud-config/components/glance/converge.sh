#!/bin/bash
# Runs Glance, when its images can lie where all controllers see them. Reads /etc/stackseed/openstack; makes folders
# below /var/lib/glance; changes the glance-api service and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

IMAGES=/var/lib/glance/images

check_images() {
  if [ "$GLANCE_SHARED" != true ]; then
    [ -d "$ROOT$IMAGES" ] || install -d -m 0750 -o glance -g glance "$ROOT$IMAGES"
    return 0
  fi
  grep -q "^$IMAGES " "$ROOT/etc/stackseed/nfs-mounts" 2>/dev/null ||
    halt "nothing is to be mounted at $IMAGES: see the settings of nfs-client, or set shared of glance to false"
  openstack_share "$IMAGES"
}

main() {
  local folder
  [ -x "$ROOT/usr/bin/glance-manage" ] || waiting 'for the package glance-api'
  openstack_schema glance glance runuser -u glance -- glance-manage db_sync
  openstack_broker glance
  openstack_catalogue glance
  check_images
  for folder in staging tasks; do
    [ -d "$ROOT/var/lib/glance/$folder" ] || install -d -m 0750 -o glance -g glance "$ROOT/var/lib/glance/$folder"
  done
  openstack_start glance glance-api.service /etc/systemd/system/glance-api.service
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:9292/healthcheck" 'Glance on this host'
}

"${MAIN:-main}" "$@"
