#!/bin/bash
# Runs the agents for routers, DHCP and metadata, once the controllers answer. Reads /etc/neutron; changes their units.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

UNITS=(neutron-metadata-agent.service neutron-dhcp-agent.service neutron-l3-agent.service)

# The agents start these programs themselves, each in a network namespace; by the packages' own wish they would run
# on the host as well.
stay_off() {
  local unit
  for unit in keepalived.service radvd.service haproxy.service; do
    case " $STACKSEED_COMPONENTS " in *" ${unit%.service} "*) continue ;; esac
    have_unit "$unit" || continue
    disable_unit "$unit"
    ! systemctl is-active --quiet "$unit" || systemctl stop "$unit"
  done
}

main() {
  local unit
  for unit in "${UNITS[@]}"; do
    have_unit "$unit" || waiting "no $unit: its package is not installed"
  done
  stay_off
  openstack_ready "$(openstack_url 9696 /)" Neutron
  for unit in "${UNITS[@]}"; do
    openstack_start neutron-network "$unit" "$ROOT/etc/neutron/neutron.conf"
  done
}

"${MAIN:-main}" "$@"
