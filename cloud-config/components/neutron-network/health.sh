#!/bin/bash
# Says whether the agents run, and the two that are told what to do have their connections to the message queue.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local unit pid
  for unit in neutron-metadata-agent.service neutron-dhcp-agent.service neutron-l3-agent.service; do
    if ! systemctl is-active --quiet "$unit"; then
      printf '%s does not run\n' "$unit"
      return 1
    fi
    [ "$unit" != neutron-metadata-agent.service ] || continue
    pid=$(systemctl show -p MainPID "$unit")
    if ! ss -Htnp state established dport = :5671 | grep -q "pid=${pid#MainPID=},"; then
      printf '%s has no connection to the message queue\n' "$unit"
      return 1
    fi
  done
  printf 'routers, DHCP and metadata: %s namespaces\n' "$(ip netns list | grep -c '^q' || true)"
}

"${MAIN:-main}" "$@"
