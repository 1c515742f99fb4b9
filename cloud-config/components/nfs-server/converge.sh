#!/bin/bash
# Exports folders by NFSv4. Reads /etc/stackseed/nfs-exports (UID GID FOLDER) and /etc/exports.d; makes
# the folders, puts a marker into each, and runs the NFS server. What lies in a folder is left alone.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

check_root() {
  [ "$NFS_SERVER_ROOT_IS_MOUNT" = true ] || return 0
  mountpoint -q "$ROOT$NFS_SERVER_ROOT" || waiting "for a disk to be mounted at $NFS_SERVER_ROOT"
}

# Owners are numbers: the same on every client, whatever names they have there. Others may go through
# the folder, because root on a client is nobody here, and has to see the marker.
make_folders() {
  local uid gid folder
  while read -r uid gid folder; do
    mkdir -p "$ROOT$folder"
    [ "$(stat -c '%u %g' "$ROOT$folder")" = "$uid $gid" ] || chown "$uid:$gid" "$ROOT$folder"
    [ "$(stat -c %a "$ROOT$folder")" = 751 ] || chmod 0751 "$ROOT$folder"
    # By it a client tells the share from the empty folder that it is mounted over.
    printf '%s %s\n' "$STACKSEED_FQDN" "$folder" | write_file "$ROOT$folder/.stackseed-share" 0444 ||
      [ "$?" -eq 1 ]
  done <"$ROOT/etc/stackseed/nfs-exports"
}

# The old form of /etc/nfs.conf.d/stackseed.conf.
write_defaults() {
  [ -n "$NFS_SERVER_DEFAULTS" ] || return 0
  write_file "$ROOT$NFS_SERVER_DEFAULTS" 0644 <<END || [ "$?" -eq 1 ]
# Written by stackseed.
RPCNFSDCOUNT=$NFS_SERVER_THREADS
RPCNFSDPRIORITY=0
RPCNFSDOPTS="-N 2 -N 3"
RPCMOUNTDOPTS="--manage-gids -N 2 -N 3"
NEED_SVCGSSD=""
RPCSVCGSSDOPTS=""
END
}

# A restart stops every client for the grace period of 90 s, so it is kept for changes of the server
# itself; exports are read again at any time.
run_server() {
  local record=$COMPONENT_KEPT/options options
  options=$(cat "$ROOT${NFS_SERVER_DEFAULTS:-/etc/nfs.conf.d/stackseed.conf}")
  enable_unit "$NFS_SERVER_UNIT"
  if ! systemctl is-active --quiet "$NFS_SERVER_UNIT" || [ "$(cat "$record" 2>/dev/null)" != "$options" ]; then
    log "restarting $NFS_SERVER_UNIT"
    # In 16.04 this turns the defaults into what the server's unit reads.
    [ -z "$NFS_SERVER_DEFAULTS" ] || systemctl restart nfs-config.service
    systemctl restart "$NFS_SERVER_UNIT"
    printf '%s\n' "$options" | put_text "$record" || [ "$?" -eq 1 ]
  fi
  exportfs -ra
}

main() {
  have_unit "$NFS_SERVER_UNIT" || waiting "no $NFS_SERVER_UNIT: package nfs-kernel-server is not installed"
  check_root
  grep -q '^/' "$ROOT/etc/exports.d/stackseed.exports" ||
    halt 'nobody may mount: the storage network has no CIDR, and the setting clients is empty'
  make_folders
  write_defaults
  run_server
}

"${MAIN:-main}" "$@"
