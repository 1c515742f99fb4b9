#!/bin/bash
# Says which controller runs cinder-volume, and whether this one might. Asks Pacemaker and systemd.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local where
  if ! timeout 5 attrd_updater --name cinder-volume-ready --query 2>/dev/null | grep -q "host=\"$STACKSEED_HOST\" value=\"1\""; then
    printf 'Pacemaker does not know that it may run here\n'
    return 1
  fi
  where=$(timeout 10 crm_resource --resource cinder-volume --locate 2>/dev/null |
    sed -n 's/^resource cinder-volume is running on: *\([^ ]*\).*/\1/p') || true
  if [ -z "$where" ]; then
    printf 'runs nowhere\n'
    return 1
  fi
  if [ "$where" = "$STACKSEED_HOST" ] && ! systemctl is-active --quiet cinder-volume.service; then
    printf 'should run here, and does not\n'
    return 1
  fi
  printf 'runs on %s\n' "$where"
}

"${MAIN:-main}" "$@"
