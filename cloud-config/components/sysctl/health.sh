#!/bin/bash
# Says whether the kernel has the settings of the inventory. Reads /etc/sysctl.d and /proc/sys.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local file=$ROOT/etc/sysctl.d/60-stackseed.conf said status=0
  said=$(bash "$ROOT/usr/local/lib/stackseed/kernel-settings" check "$file") || status=$?
  said=${said//$'\n'/; }
  printf '%s\n' "$(grep -c '^[a-z]' "$file" || true) settings${said:+ ($said)}"
  return "$status"
}

"${MAIN:-main}" "$@"
