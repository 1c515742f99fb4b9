#!/bin/bash
# Says whether libvirt answers, and nova-compute runs and has its connection to the message queue.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local type pid running
  type=$(sed -n 's/^virt_type = //p' "$ROOT/etc/nova/nova-compute.conf")
  if ! running=$(timeout 10 virsh -c qemu:///system list --name 2>/dev/null); then
    printf 'libvirt does not answer\n'
    return 1
  fi
  if ! systemctl is-active --quiet nova-compute.service; then
    printf 'nova-compute does not run\n'
    return 1
  fi
  pid=$(systemctl show -p MainPID nova-compute.service)
  if ! ss -Htnp state established dport = :5671 | grep -q "pid=${pid#MainPID=},"; then
    printf 'nova-compute has no connection to the message queue\n'
    return 1
  fi
  printf '%s, %d servers run\n' "$type" "$(grep -c . <<<"$running" || true)"
}

"${MAIN:-main}" "$@"
