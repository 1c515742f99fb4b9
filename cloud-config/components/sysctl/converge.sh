#!/bin/bash
# Sets the kernel settings of the inventory; systemd-sysctl does so at boot. Reads
# /etc/sysctl.d/60-stackseed.conf; changes /proc/sys. A setting that this kernel does not know is reported.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local said status=0
  said=$(bash "$ROOT/usr/local/lib/stackseed/kernel-settings" apply "$ROOT/etc/sysctl.d/60-stackseed.conf") ||
    status=$?
  [ -z "$said" ] || log "${said//$'\n'/; }"
  [ "$status" -eq 0 ] || halt "${said//$'\n'/; }"
}

"${MAIN:-main}" "$@"
