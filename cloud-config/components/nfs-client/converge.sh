#!/bin/bash
# Mounts what the inventory says. Reads /etc/stackseed/nfs-mounts (MOUNT-POINT SERVER:FOLDER OPTIONS);
# writes a mount unit for each, and takes away those that are there no more.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

MOUNTS=$ROOT/etc/stackseed/nfs-mounts
UNITS=$ROOT/etc/systemd/system
MARK='# Written by stackseed: nfs-client'

# Not wanted by remote-fs.target, and outside the default order: a server that is away must hold up no
# boot. What needs the mount says RequiresMountsFor=, which pulls it in.
unit_text() {
  local path=$1 what=$2 options=$3
  cat <<END
$MARK
[Unit]
Description=NFS: $what
DefaultDependencies=no
Wants=network-online.target
After=network-online.target
Conflicts=umount.target
Before=umount.target

[Mount]
What=$what
Where=$path
Type=nfs
Options=_netdev,nofail,$options
TimeoutSec=30
END
}

unit_of() {
  systemd-escape --path --suffix=mount "$1"
}

# Units of ours whose mount point is on the list no more.
remove_others() {
  local unit where
  for unit in "$UNITS"/*.mount; do
    [ "$(head -n 1 "$unit" 2>/dev/null)" = "$MARK" ] || continue
    where=$(sed -n 's/^Where=//p' "$unit")
    ! cut -d ' ' -f 1 "$MOUNTS" | grep -qxF "$where" || continue
    log "unmounting $where: it left the inventory"
    systemctl stop "${unit##*/}" || waiting "$where is in use and cannot be unmounted"
    rm -f "$unit"
    systemctl daemon-reload
  done
}

# Nobody but root may go into a mount point that nothing is mounted on.
close_mount_point() {
  local path=$ROOT$1
  mkdir -p "$path"
  mountpoint -q "$path" || [ "$(stat -c %a "$path")" = 0 ] || chmod 0000 "$path"
}

mount_one() {
  local path=$1 what=$2 options=$3 unit changed=yes
  [ "${what%%:*}" != - ] || halt 'no NFS server: no host has the role storage, and the setting server is empty'
  unit=$(unit_of "$path")
  unit_text "$path" "$what" "$options" | write_file "$UNITS/$unit" 0644 || { [ "$?" -eq 1 ] && changed=no; }
  if [ "$changed" = yes ]; then
    systemctl daemon-reload
    # Other options or another server take a new mount.
    systemctl stop "$unit" || waiting "$path is in use and cannot be mounted anew"
  fi
  systemctl is-active --quiet "$unit" && return 0
  close_mount_point "$path"
  systemctl reset-failed "$unit" 2>/dev/null || true
  systemctl start "$unit" || waiting "$what cannot be mounted at $path yet"
}

main() {
  local path what options
  remove_others
  while read -r path what options; do
    mount_one "$path" "$what" "$options"
  done <"$MOUNTS"
}

"${MAIN:-main}" "$@"
