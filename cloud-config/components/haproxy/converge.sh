#!/bin/bash
# Gets HAProxy ready for Pacemaker, which starts and stops it; after a boot it finds it running. Reads /etc/haproxy/stackseed.d; writes
# /etc/haproxy/haproxy.cfg; changes /proc/sys by /etc/sysctl.d/62-stackseed-haproxy.conf.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

ALLOW=$ROOT/run/stackseed/allow/haproxy

STARTED=$ROOT/run/stackseed/haproxy-started

# Once after a boot. Pacemaker would have systemd start it when there is a majority, and then it would wait for the
# whole of cloud-init; the virtual addresses wait for it.
start_early() {
  [ -e "$ROOT/var/lib/stackseed/converged" ] && [ ! -e "$STARTED" ] || return 0
  touch "$STARTED"
  systemctl start --no-block --job-mode=ignore-dependencies "$HAPROXY_UNIT"
}

main() {
  local said
  have_unit "$HAPROXY_UNIT" || waiting "no $HAPROXY_UNIT: package haproxy is not installed"
  said=$(bash "$ROOT/usr/local/lib/stackseed/kernel-settings" apply \
    "$ROOT/etc/sysctl.d/62-stackseed-haproxy.conf") || halt "$said"
  said=$(bash "$ROOT/usr/local/lib/stackseed/haproxy-config" 2>&1) || halt "$said"
  # Started by the package's own wish it would be Pacemaker's rival.
  disable_unit "$HAPROXY_UNIT"
  mkdir -p "${ALLOW%/*}"
  touch "$ALLOW"
  start_early
}

"${MAIN:-main}" "$@"
