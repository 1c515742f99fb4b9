#!/bin/bash
# Runs the agent of the driver that the inventory chose, once the controllers answer; the other one stays off. Reads
# /etc/stackseed/provider-nics (NIC BRIDGE); changes the agents' units, those NICs' links, the bridges of Open
# vSwitch and which ebtables there is.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

NICS=$ROOT/etc/stackseed/provider-nics

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

# NICs that carry a network of the fleet have no address, and ifupdown brings up no link for its own sake. With Open
# vSwitch each is a port of a bridge of its own.
provider_nics() {
  local nic bridge
  while read -r nic bridge; do
    ip link set dev "$nic" up || waiting "for the NIC $nic, which carries a network"
    [ "$NEUTRON_COMMON_DRIVER" != openvswitch ] ||
      ovs-vsctl --timeout=30 --may-exist add-br "$bridge" -- --may-exist add-port "$bridge" "$nic"
  done <"$NICS"
}

# By its priority; an operator's own choice stays.
prefer_ebtables() {
  local kind ours=$ROOT/usr/local/lib/stackseed/ebtables words=()
  [ -e "$ROOT/usr/sbin/ebtables-nft" ] || return 0
  for kind in restore save; do
    words+=(--slave "/usr/sbin/ebtables-$kind" "ebtables-$kind" "/usr/sbin/ebtables-nft-$kind")
  done
  update-alternatives --quiet --install /usr/sbin/ebtables ebtables "$ours" 30 "${words[@]}"
}

main() {
  local unit=neutron-$NEUTRON_COMMON_DRIVER-agent.service
  have_unit "$unit" || waiting "no $unit: its package is not installed"
  load_modules
  case $NEUTRON_COMMON_DRIVER in
    openvswitch)
      stay_off neutron-linuxbridge-agent.service
      systemctl is-active --quiet openvswitch-switch.service || systemctl start openvswitch-switch.service
      ;;
    linuxbridge)
      stay_off neutron-openvswitch-agent.service openvswitch-switch.service
      prefer_ebtables
      ;;
  esac
  provider_nics
  # Once this answers, Neutron's account in the message queue is there as well.
  openstack_ready "$(openstack_url 9696 /)" Neutron
  openstack_start neutron-agent "$unit"
}

"${MAIN:-main}" "$@"
