#!/bin/bash
# Makes Neutron's database and accounts where they are missing, runs its server on this controller, and makes the
# networks that lead outside. Reads /etc/neutron and /etc/stackseed/openstack; changes the database, the message
# queue, Keystone, HAProxy, the units, and Neutron's own networks.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

main() {
  local unit
  have_unit "${NEUTRON_UNITS%% *}" || waiting "no ${NEUTRON_UNITS%% *}: its package is not installed"
  openstack_schema neutron neutron runuser -u neutron -- neutron-db-manage \
    --config-file "$ROOT/etc/neutron/neutron.conf" \
    --config-file "$ROOT/etc/neutron/plugins/ml2/ml2_conf.ini" upgrade heads
  openstack_broker neutron
  openstack_catalogue neutron
  openstack_haproxy
  for unit in $NEUTRON_UNITS; do
    openstack_start neutron "$unit"
  done
  openstack_ready "$(openstack_url 9696 /)" Neutron
  openstack_once neutron-providers "$(openstack_generation)" \
    python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/neutron_provider.py"
}

"${MAIN:-main}" "$@"
