#!/bin/bash
# Sourced by the engine. Lays the staged files of a component in their places.
#
# files.list has a line `MODE OWNER GROUP /PATH` for each; the bytes are in files/PATH beside it.
# /var/lib/stackseed/components/NAME/laid.list keeps `SHA256  /PATH` of what was laid last.

# lay NAME: makes every file what the seed says. Prints why when it cannot; status 75 when that may
# pass, 1 when not. Touches nothing that is right already.
lay() {
  local own=$KEPT/components/$1 staged=$SEED/components/$1
  local mode owner group path status reload=no
  [ -f "$staged/files.list" ] || return 0
  mkdir -p "$own"
  while IFS=' ' read -r mode owner group path; do
    owner_exists "$owner" "$group" || { owner_is_missing "$path" "$owner:$group"; return 75; }
    ! same_file "$staged/files$path" "$ROOT$path" "$mode" "$owner" "$group" || continue
    forget_starts "$own"
    status=0
    put_file "$staged/files$path" "$ROOT$path" "$mode" "$owner" "$group" || status=$?
    if [ "$status" -gt 1 ]; then
      printf 'cannot lay %s' "$path"
      return 1
    fi
    log "laid $path"
    case $path in /etc/systemd/system/* | /lib/systemd/system/*) reload=yes ;; esac
  done <"$staged/files.list"
  record_laid "$own" "$staged" || { printf 'for the disk: cannot record what was laid'; return 75; }
  [ "$reload" = no ] || systemctl daemon-reload
}

owner_exists() {
  getent passwd "$1" >/dev/null && getent group "$2" >/dev/null
}

owner_is_missing() {
  printf 'for %s, who is to own %s' "$2" "$1"
}

# Before a file changes, what restart_if_changed knows of running services is forgotten, on disk too:
# whatever happens from here on, they are restarted.
forget_starts() {
  [ -d "$1/started" ] || return 0
  rm -rf "$1/started"
  sync "$1"
}

# What was laid once and is no longer in the list goes away. A list that is not whole, such as of a full disk,
# would take everything with it.
record_laid() {
  local own=$1 staged=$2 new status=0
  new=$(temporary) || return
  list_laid "$staged" >"$new" && [ "$(wc -l <"$new")" -eq "$(wc -l <"$staged/files.list")" ] || status=1
  if [ "$status" -eq 0 ] && ! cmp -s "$new" "$own/laid.list"; then
    remove_dropped "$own/laid.list" "$new"
    put_text "$own/laid.list" <"$new" || [ "$?" -eq 1 ] || status=1
  fi
  rm -f "$new"
  return "$status"
}

list_laid() {
  local path digest
  while IFS=' ' read -r _ _ _ path; do
    digest=$(sha256sum <"$1/files$path") || return
    printf '%s  %s\n' "${digest%% *}" "$path" || return
  done <"$1/files.list"
}
