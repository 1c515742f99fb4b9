#!/bin/bash
# Runs Gnocchi: its schema once in the cluster, and what it notes in Redis whenever that is missing there. Reads
# /etc/stackseed/openstack and /etc/gnocchi; changes its services and HAProxy.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

# Into how many parts what comes in is divided. Redis may have lost it, if all controllers lost power.
parts() {
  openstack_python gnocchi_redis parts
}

main() {
  local unit count
  [ -f "$ROOT$GNOCCHI_WSGI" ] || waiting 'for the package gnocchi-api'
  # Without it files would land on this host's disk.
  [ "$GNOCCHI_STORAGE" != file ] || openstack_share "$GNOCCHI_FOLDER"
  openstack_site_off "$GNOCCHI_SITE"
  openstack_schema gnocchi gnocchi runuser -u gnocchi -- gnocchi-upgrade
  count=$(parts) || waiting 'for Redis'
  # Safe to do twice, also at the same time: it notes what is missing, and nothing else.
  [ "$count" != none ] || runuser -u gnocchi -- gnocchi-upgrade --skip-index --skip-archive-policies-creation >&2
  openstack_catalogue gnocchi
  for unit in gnocchi-metricd.service gnocchi-api.service; do
    openstack_start gnocchi "$unit" "/etc/systemd/system/$unit"
  done
  openstack_haproxy
  openstack_ready "http://$STACKSEED_MANAGE_ADDRESS:8041$GNOCCHI_CHECK" 'Gnocchi on this host'
}

"${MAIN:-main}" "$@"
