#!/bin/bash
# Says whether Glance on this host answers, and its images are on the share.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  local images=/var/lib/glance/images
  if [ "$GLANCE_SHARED" = true ] && ! openstack_share_answers "$images"; then
    printf 'no share of stackseed at %s\n' "$images"
    return 1
  fi
  openstack_health "http://$STACKSEED_MANAGE_ADDRESS:9292/healthcheck"
}

"${MAIN:-main}" "$@"
