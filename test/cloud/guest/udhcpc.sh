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
# Pairs of a destination and who leads there.
destination=''
for word in ${staticroutes:-}; do
  if [ -z "$destination" ]; then
    destination=$word
  else
    ip route add "$destination" via "$word" dev "$interface" 2>/dev/null
    destination=''
  fi
done
