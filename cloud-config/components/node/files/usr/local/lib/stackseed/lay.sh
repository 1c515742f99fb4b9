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
  record_laid "$own" "$staged"
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

# What was laid once and is no longer in the list goes away.
record_laid() {
  local own=$1 staged=$2 new path
  new=$(mktemp)
  sed 's/^[^ ]* [^ ]* [^ ]* //' "$staged/files.list" | while read -r path; do
    printf '%s  %s\n' "$(sha256sum <"$staged/files$path" | cut -d ' ' -f 1)" "$path"
  done >"$new"
  if ! cmp -s "$new" "$own/laid.list"; then
    remove_dropped "$own/laid.list" "$new"
    put_text "$own/laid.list" <"$new" || true
  fi
  rm -f "$new"
}
