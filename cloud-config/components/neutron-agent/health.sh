#!/bin/bash
# Says whether the agent runs and has its connection to the message queue.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local unit=neutron-$NEUTRON_COMMON_DRIVER-agent.service pid nic
  if ! systemctl is-active --quiet "$unit"; then
    printf '%s does not run\n' "$unit"
    return 1
  fi
  pid=$(systemctl show -p MainPID "$unit")
  if ! ss -Htnp state established dport = :5671 | grep -q "pid=${pid#MainPID=},"; then
    printf '%s has no connection to the message queue\n' "$unit"
    return 1
  fi
  while read -r nic _; do
    if ! ip link show up dev "$nic" 2>/dev/null | grep -q .; then
      printf '%s, which carries a network, is down\n' "$nic"
      return 1
    fi
  done <"$ROOT/etc/stackseed/provider-nics"
  printf '%s runs\n' "$unit"
}

"${MAIN:-main}" "$@"
