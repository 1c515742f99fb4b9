#!/bin/bash
# Gets this controller ready to run cinder-volume, and tells Pacemaker so, which starts it on one of them. Reads
# /etc/cinder; changes the node's attribute cinder-volume-ready and, where it runs here, the service.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

UNIT=cinder-volume.service
ALLOW=$ROOT/run/stackseed/allow/cinder-volume
RECORD=$COMPONENT_KEPT/started/$UNIT

# The share is what it says it is, and is there: otherwise volumes would be files on this host's disk.
check_share() {
  [ -s "$ROOT/etc/cinder/nfs_shares" ] ||
    halt "no share for volumes: nfs-client has no mount $CINDER_VOLUME_SHARE, or there is no server"
  openstack_share "$CINDER_VOLUME_SHARE"
}

# Pacemaker is told to start it anew, so that it does not take that for a failure.
restart_if_old() {
  local digest
  digest=$(files_digest /etc/cinder/cinder.conf "/etc/systemd/system/$UNIT")
  if systemctl is-active --quiet "$UNIT" && [ "$(cat "$RECORD" 2>/dev/null)" != "$digest" ]; then
    log "restarting cinder-volume"
    crm_resource --restart --resource cinder-volume --timeout 120s >&2 ||
      waiting 'for Pacemaker to restart cinder-volume'
  fi
  printf '%s\n' "$digest" | put_text "$RECORD" || [ "$?" -eq 1 ]
}

main() {
  [ -x "$ROOT/usr/bin/cinder-volume" ] || waiting 'for package cinder-volume, which is not installed'
  reload_unit "$UNIT"
  check_share
  # Started by the package's own wish it would be Pacemaker's rival.
  disable_unit "$UNIT"
  restart_if_old
  mkdir -p "${ALLOW%/*}"
  touch "$ALLOW"
  attrd_updater --name cinder-volume-ready --update 1 >&2 || waiting 'for Pacemaker, to tell it that volumes may be served here'
}

"${MAIN:-main}" "$@"
