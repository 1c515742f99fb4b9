#!/bin/bash
# Says where Keystone is looked for. Whether it answers is the health of those that need it.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  printf 'region %s at %s\n' "$OPENSTACK_REGION" "$(cat "$ROOT/etc/stackseed/openstack/internal")"
}

"${MAIN:-main}" "$@"
