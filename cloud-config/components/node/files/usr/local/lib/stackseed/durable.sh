#!/bin/bash
# Sourced. Puts files in place so that a power cut leaves the old one or the new one, never a part.

# A new file that is no matter of the disk, which may be full. /run is in memory.
temporary() {
  [ -d "$ROOT/run/stackseed/temporary" ] || mkdir -p "$ROOT/run/stackseed/temporary"
  mktemp -p "$ROOT/run/stackseed/temporary"
}

# put_file SOURCE PATH MODE OWNER GROUP: makes PATH equal to SOURCE; ROOT is part of both. Status 0:
# changed; 1: was the same already; 74: could not, and stderr says why.
put_file() {
  local source=$1 path=$2 mode=$3 owner=$4 group=$5
  local folder=${path%/*} new=${path%/*}/.${path##*/}.stackseed-new
  ! same_file "$source" "$path" "$mode" "$owner" "$group" || return 1
  # install makes the copy 0600 before it has the owner and mode that were asked for.
  { [ -d "$folder" ] || mkdir -p "$folder"; } &&
    install -m "$mode" -o "$owner" -g "$group" -T "$source" "$new" &&
    sync "$new" &&
    mv -fT "$new" "$path" &&
    sync "$folder" || return 74
}

# put_text PATH < text: a file of the engine's own, 0600. Status as put_file.
put_text() {
  local path=$1 source status=0
  source=$(temporary) || return 74
  cat >"$source" || { rm -f "$source"; return 74; }
  put_file "$source" "$path" 0600 "$(own_name -un)" "$(own_name -gn)" || status=$?
  rm -f "$source"
  return "$status"
}

# own_name -un | -gn: who runs this, as id tells; root knows it without another program.
own_name() {
  if [ "$EUID" -eq 0 ]; then printf root; else id "$1"; fi
}

# A link is never the same, even where it leads to the same bytes: put_file replaces it.
same_file() {
  local source=$1 path=$2 mode=$3 owner=$4 group=$5 is
  [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$source" "$path" || return 1
  is=$(stat -c '%a %U %G' "$path")
  [ "$((8#${is%% *}))" -eq "$((8#$mode))" ] && [ "${is#* }" = "$owner $group" ]
}

# One line of printable ASCII, at most 300 characters: fit for state files, JSON and terminals.
one_line() {
  local LC_ALL=C text=$*
  text=${text//[^[:print:]]/ }
  printf '%s' "${text:0:300}"
}
