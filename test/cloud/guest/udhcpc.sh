#!/bin/busybox sh
# shellcheck shell=dash
# Called by udhcpc with what it was told by DHCP in the environment.
[ "$1" = bound ] || exit 0
interface=${interface:?} ip=${ip:?}
ip addr flush dev "$interface"
ip addr add "$ip/${mask:-24}" dev "$interface"
[ -z "${mtu:-}" ] || ip link set dev "$interface" mtu "$mtu"
for router in ${router:-}; do
  ip route add default via "$router" dev "$interface"
done
# shellcheck disable=SC2086
set -- ${staticroutes:-}
while [ "$#" -ge 2 ]; do
  ip route add "$1" via "$2" dev "$interface" 2>/dev/null
  shift 2
done
