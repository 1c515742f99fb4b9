#!/bin/bash
# Sourced by every converge.sh and health.sh: the node's values and the words in which a component
# tells the engine how it stands. Reads /etc/stackseed/node.env.
#
#   log MSG…              a line in the journal
#   waiting WHY…          not possible yet: ends the script; the engine shows WHY and tries again
#   halt WHY…             an operator must act: ends the script; tried again, but rarely
#   write_file PATH MODE [OWNER [GROUP]] < text
#                         replaces PATH (ROOT included) in one step. Status 0: changed, 1: was the same
#   restart_if_changed UNIT [PATH…]
#                         enables UNIT; restarts it unless it runs with this component's files, those
#                         written by write_file and the PATHs as they are now
#   enable_unit UNIT      has UNIT started at every boot
#   disable_unit UNIT     has it started by nobody but us
#   enable_now UNIT       enables UNIT and starts it, where it does not run
#   have_unit UNIT        whether systemd knows UNIT
#   reload_unit UNIT      has systemd read UNIT again when its files changed
#   reach ADDRESS PORT [SECONDS]
#                         whether a TCP connection is taken there, within 3 seconds if not told
#   relay_network         has cloud-init write the network configuration again where it is missing

set -E
ROOT=${ROOT:-}
# The engine sets these; the defaults serve a script that is run by hand. The last line written to
# STACKSEED_WHY is the reason that the engine shows when the script does not end well.
STACKSEED_COMPONENT=${STACKSEED_COMPONENT:-$(basename "$(dirname "$(readlink -f "$0")")")}
STACKSEED_WHY=${STACKSEED_WHY:-/dev/null}
COMPONENT_KEPT=$ROOT/var/lib/stackseed/components/$STACKSEED_COMPONENT

# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/durable.sh"
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/network.sh"

log() {
  printf '%s\n' "$*" >&2
  printf '%s\n' "$*" >"$STACKSEED_WHY"
}

waiting() {
  log "waiting: $*"
  printf '%s\n' "$*" >"$STACKSEED_WHY"
  exit 75
}

halt() {
  log "halt: $*"
  printf '%s\n' "$*" >"$STACKSEED_WHY"
  exit 78
}

# Says where a script broke. The command is shown as it is written, so no value of a secret is in it.
# 75 and 78 come from waiting and halt in a subshell, which have said why.
broke_at() {
  local status=$1 line=$2 command=$3
  case $status in 75 | 78) return 0 ;; esac
  printf '%s line %s: status %s from: %s\n' "${0##*/}" "$line" "$status" "${command%%$'\n'*}" \
    >"$STACKSEED_WHY"
}
trap 'broke_at "$?" "$LINENO" "$BASH_COMMAND"' ERR

write_file() {
  local path=$1 mode=$2 owner=${3:-} group=${4:-} source status=0
  [ -n "$owner" ] || { owner=$(own_name -un) && group=${group:-$(own_name -gn)}; }
  group=${group:-$(id -gn "$owner")}
  source=$(temporary)
  cat >"$source"
  put_file "$source" "$path" "$mode" "$owner" "$group" || status=$?
  rm -f "$source"
  if [ "$status" -gt 1 ]; then
    log "cannot write $path"
    exit "$status"
  fi
  remember_written "${path#"$ROOT"}"
  return "$status"
}

# So that restart_if_changed knows of files that a script writes as well as of those that were laid.
remember_written() {
  local list=$COMPONENT_KEPT/written
  ! grep -qxF -e "$1" "$list" 2>/dev/null || return 0
  mkdir -p "$COMPONENT_KEPT"
  printf '%s\n' "$1" >>"$list"
}

# systemd does not read all units again for it, which costs, and need not before the next boot. Nor does update-rc.d have
# it do that, where a package has a script for SysV beside its unit; the variable is known from systemd 231 on.
enable_unit() {
  systemctl is-enabled --quiet "$1" 2>/dev/null || SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet enable --no-reload "$1"
}

disable_unit() {
  ! systemctl is-enabled --quiet "$1" 2>/dev/null || SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet disable --no-reload "$1"
}

enable_now() {
  ! systemctl is-active --quiet "$1" || return 0
  enable_unit "$1"
  systemctl start "$1"
}

have_unit() {
  systemctl cat "$1" >/dev/null 2>&1
}

# systemd reads all units again, which costs, only where it must.
reload_unit() {
  [ "$(systemctl show -p NeedDaemonReload "$1")" != NeedDaemonReload=yes ] || systemctl daemon-reload
}

# In a shell of its own: bash has no time limit for a connection, and would end with it.
reach() {
  timeout "${3:-3}" bash -s "$1" "$2" 2>/dev/null <<'END'
exec 3<>"/dev/tcp/$1/$2"
END
}

# The digest is recorded after the restart, and durably: a power cut between laying a file and the
# restart leaves the old digest, so the restart is not lost.
restart_if_changed() {
  local unit=$1 record=$COMPONENT_KEPT/started/$1 digest
  shift
  digest=$(files_digest "$@")
  enable_unit "$unit"
  reload_unit "$unit"
  if systemctl is-active --quiet "$unit" && [ "$(cat "$record" 2>/dev/null)" = "$digest" ]; then
    return 0
  fi
  log "restarting $unit"
  systemctl reset-failed "$unit" 2>/dev/null || true
  systemctl restart "$unit"
  printf '%s\n' "$digest" | put_text "$record" || [ "$?" -eq 1 ]
}

# Digest of the component's files as they lie on this node, and of further PATHs. One that is missing is left out.
files_digest() {
  local paths
  mapfile -t paths < <({
    sed 's/^[^ ]* [^ ]* [^ ]* //' "$ROOT/var/lib/stackseed/seed/components/$STACKSEED_COMPONENT/files.list"
    [ ! -e "$COMPONENT_KEPT/written" ] || cat "$COMPONENT_KEPT/written"
    [ "$#" -eq 0 ] || printf '%s\n' "${@#"$ROOT"}"
  } 2>/dev/null | LC_ALL=C sort -u)
  [ "${#paths[@]}" -gt 0 ] || paths=(/dev/null)
  {
    stat -c '%a %U %G %n' "${paths[@]/#/$ROOT}" || true
    sha256sum "${paths[@]/#/$ROOT}" </dev/null || true
  } 2>/dev/null | sha256sum | cut -d ' ' -f 1
}

[ -s "$ROOT/etc/stackseed/node.env" ] || waiting 'for /etc/stackseed/node.env, which is missing or empty'
# shellcheck source=/dev/null
. "$ROOT/etc/stackseed/node.env"
