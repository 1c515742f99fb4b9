#!/bin/bash
# Runs the agent of the driver that the inventory chose, once the controllers answer; the other one stays off. Reads
# /etc/neutron; changes the agents' units and the bridges of Open vSwitch.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

PLUGIN=$ROOT/etc/neutron/plugins/ml2

stay_off() {
  local unit
  for unit; do
    have_unit "$unit" || continue
    disable_unit "$unit"
    ! systemctl is-active --quiet "$unit" || systemctl stop "$unit"
  done
}

# A kernel may have them built in, or not at all; the agent says so where it needs one.
load_modules() {
  local name
  while read -r name; do
    modprobe -q "$name" || log "the kernel has no module $name"
  done < <(grep -v '^#' "$ROOT/etc/modules-load.d/stackseed-neutron.conf")
}

# A bridge for each NIC that carries a network of the fleet: NETWORK:BRIDGE, where br-NIC is the bridge's name.
provider_bridges() {
  local pair bridge
  for pair in $(sed -n 's/^bridge_mappings = //p' "$PLUGIN/openvswitch_agent.ini" | tr ',' ' '); do
    bridge=${pair#*:}
    ovs-vsctl --timeout=30 --may-exist add-br "$bridge" -- --may-exist add-port "$bridge" "${bridge#br-}"
  done
}

main() {
  local unit=neutron-$NEUTRON_COMMON_DRIVER-agent.service
  have_unit "$unit" || waiting "no $unit: its package is not installed"
  load_modules
  case $NEUTRON_COMMON_DRIVER in
    openvswitch)
      stay_off neutron-linuxbridge-agent.service
      systemctl is-active --quiet openvswitch-switch.service || systemctl start openvswitch-switch.service
      provider_bridges
      ;;
    linuxbridge) stay_off neutron-openvswitch-agent.service openvswitch-switch.service ;;
  esac
  # Once this answers, Neutron's account in the message queue is there as well.
  openstack_ready "$(openstack_url 9696 /)" Neutron
  openstack_start neutron-agent "$unit"
}

"${MAIN:-main}" "$@"
