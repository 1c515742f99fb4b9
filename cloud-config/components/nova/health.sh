#!/bin/bash
# Says whether Nova's services run on this controller and its API, metadata and consoles answer.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

answers() {
  local code
  code=$(curl --noproxy '*' --silent --max-time 8 --output /dev/null --write-out '%{http_code}' "$1") || true
  case $code in 2?? | 300) return 0 ;; esac
  return 1
}

main() {
  local unit address=${STACKSEED_MANAGE_ADDRESS:-127.0.0.1}
  for unit in $NOVA_UNITS stackseed-nova-discover.service; do
    if ! systemctl is-active --quiet "$unit"; then
      printf '%s does not run\n' "$unit"
      return 1
    fi
  done
  if ! answers "http://$address:8774/"; then
    printf 'the API does not answer on %s port 8774\n' "$address"
    return 1
  fi
  if ! answers "http://$address:8775/"; then
    printf 'metadata do not answer on %s port 8775\n' "$address"
    return 1
  fi
  if ! reach "$address" 6080; then
    printf 'consoles do not answer on %s port 6080\n' "$address"
    return 1
  fi
  printf 'API, metadata and consoles answer on %s\n' "$address"
}

"${MAIN:-main}" "$@"
