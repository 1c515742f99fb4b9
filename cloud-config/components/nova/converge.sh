#!/bin/bash
# Makes Nova's databases, cell and accounts where they are missing, and runs its services on this controller. Reads
# /etc/nova and /etc/stackseed/openstack; changes the databases, the message queue, Keystone, HAProxy and the units.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

CELLS=$ROOT/usr/local/lib/stackseed/nova-cells

main() {
  local unit
  have_unit nova-api.service || waiting 'no nova-api.service: its package is not installed'
  openstack_schema nova nova_api bash "$CELLS" api
  openstack_schema nova nova_cell0 bash "$CELLS" cell0
  openstack_schema nova nova bash "$CELLS" cell1
  # Before the cell is told of it: controllers with an older seed go by the cell as well.
  openstack_broker nova
  openstack_once nova-cells "$(openstack_generation)" bash "$CELLS" map
  openstack_catalogue nova
  openstack_haproxy
  for unit in $NOVA_UNITS stackseed-nova-discover.service; do
    openstack_start nova "$unit"
  done
}

"${MAIN:-main}" "$@"
