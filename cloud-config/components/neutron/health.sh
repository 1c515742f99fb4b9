#!/bin/bash
# Says whether Neutron's server runs on this controller and its API answers.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local unit code address=${STACKSEED_MANAGE_ADDRESS:-127.0.0.1}
  for unit in $NEUTRON_UNITS; do
    if ! systemctl is-active --quiet "$unit"; then
      printf '%s does not run\n' "$unit"
      return 1
    fi
  done
  code=$(curl --noproxy '*' --silent --max-time 8 --output /dev/null --write-out '%{http_code}' \
    "http://$address:9696/") || true
  case $code in
    2??) printf 'the API answers on %s\n' "$address" ;;
    *)
      printf 'the API does not answer on %s port 9696\n' "$address"
      return 1
      ;;
  esac
}

"${MAIN:-main}" "$@"
