#!/bin/bash
# Loads the firewall when its rules changed, or when somebody changed what is loaded. Reads
# /etc/stackseed/firewall.nft and firewall.d/*.nft; writes the kernel's tables of stackseed,
# and loaded.nft, which the next boot begins with.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

LOADED=$COMPONENT_KEPT/loaded.nft
# Digests of the rules as a file and of what the kernel made of them. Gone after a boot, like the tables.
RECORD=$ROOT/run/stackseed/firewall

# The operator's files in the order of their names. An nft of 0.5 has no include by pattern.
rules() {
  local file
  cat "$ROOT/etc/stackseed/firewall.nft"
  for file in "$ROOT"/etc/stackseed/firewall.d/*.nft; do
    [ ! -f "$file" ] || cat "$file"
  done
}

load() {
  local new=$LOADED.new complaint
  mkdir -p "${LOADED%/*}" "${RECORD%/*}"
  (umask 077 && rules >"$new")
  # One transaction: a file with an error in it changes nothing, and the old rules stay.
  complaint=$(nft -f "$new" 2>&1) || halt "nft refuses the rules: ${complaint%%$'\n'*}"
  write_file "$LOADED" 0600 <"$new" || [ "$?" -eq 1 ]
  rm -f "$new"
  bash "$ROOT/usr/local/lib/stackseed/firewall-digest" >"$RECORD"
}

main() {
  command -v nft >/dev/null || waiting 'no nft: package nftables is not installed'
  if [ ! -f "$LOADED" ] || ! rules | cmp -s - "$LOADED" ||
    [ "$(bash "$ROOT/usr/local/lib/stackseed/firewall-digest")" != "$(cat "$RECORD" 2>/dev/null)" ]; then
    log 'loading the rules'
    load
  fi
  enable_unit stackseed-firewall.service
}

"${MAIN:-main}" "$@"
