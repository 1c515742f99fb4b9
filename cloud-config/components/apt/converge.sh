#!/bin/bash
# Makes apt use the sources of the inventory and no others for the same suites. Reads
# /etc/stackseed/apt-sources; writes /etc/apt/sources.list, installs keyring packages, and moves what the
# image brought along to /var/lib/stackseed/aside.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# Lines of two parts: the packages that bring the source's key ("-" for none, commas between), the source.
SOURCES=$ROOT/etc/stackseed/apt-sources
ASIDE=$ROOT/var/lib/stackseed/aside

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Keyring packages that some source needs and the node lacks, one a line.
missing_keyrings() {
  local package
  cut -d ' ' -f 1 "$SOURCES" | tr ',' '\n' | sort -u | while read -r package; do
    [ "$package" = - ] || installed "$package" || printf '%s\n' "$package"
  done
}

# The sources whose keys are there.
usable_sources() {
  local keyrings source missing
  missing=$(missing_keyrings)
  printf '# Written by stackseed.\n'
  while read -r keyrings source; do
    tr ',' '\n' <<<"$keyrings" | grep -qxF -e "${missing:-no keyring is missing}" ||
      printf '%s\n' "$source"
  done <"$SOURCES"
}

# "URI SUITE" of the active lines of a one-line-style list.
suites_of() {
  sed -n -e 's/^deb  *\[[^]]*\] */deb /' -e 's/^deb  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p' "$1" | sed 's|/ | |' | sort -u
}

# True where every source of a list is one of ours.
doubles() {
  local theirs
  theirs=$(suites_of "$1")
  [ -n "$theirs" ] || return 1
  ! grep -qvxF -f <(cut -d ' ' -f 2- "$SOURCES" | suites_of -) <<<"$theirs"
}

# A source named twice is fetched twice, and a mirror of the inventory would not be the only one asked.
move_aside() {
  local file
  for file in "$ROOT"/etc/apt/sources.list.d/{debian,ubuntu}.sources "$ROOT"/etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    case $file in
      *.list) doubles "$file" || continue ;;
    esac
    log "moving ${file#"$ROOT"} aside: its sources are in /etc/apt/sources.list"
    mkdir -p "$ASIDE/etc/apt/sources.list.d"
    mv -f "$file" "$ASIDE/etc/apt/sources.list.d/"
  done
}

write_sources() {
  usable_sources | write_file "$ROOT/etc/apt/sources.list" 0644 || [ "$?" -eq 1 ]
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=60 "$@"
}

# dpkg may have been cut off in the middle, and then refuses everything else.
install_keyrings() {
  local missing output
  mapfile -t missing < <(missing_keyrings)
  [ "${#missing[@]}" -gt 0 ] || return 0
  log "installing ${missing[*]}"
  output=$({ dpkg --configure -a && apt_get update && apt_get install "${missing[@]}"; } 2>&1) ||
    waiting "${missing[*]} cannot be installed: $(grep -m 1 '^[EW]: ' <<<"$output" || tail -n 1 <<<"$output")"
}

# Only sources whose key is there may be asked, or nothing can be installed at all, the key included.
main() {
  move_aside
  write_sources
  install_keyrings
  write_sources
}

"${MAIN:-main}" "$@"
