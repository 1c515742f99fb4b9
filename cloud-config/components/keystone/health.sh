#!/bin/bash
# Says whether Keystone on this host answers, and with which key it makes tokens.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  local period left
  read -r period left <<<"$(openstack_python keystone_keys state)"
  if [ ! -e "$ROOT/etc/keystone/fernet-keys/$period" ]; then
    printf 'the key of this period is missing\n'
    return 1
  fi
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:5000/healthcheck" "the next key in $((left / 60)) min"
}

"${MAIN:-main}" "$@"
