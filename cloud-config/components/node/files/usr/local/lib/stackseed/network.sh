#!/bin/bash
# Sourced. Repairs a network configuration that a power cut took away. cloud-init writes it only when
# it meets an instance-id for the first time, and records that id before: a cut in between, or before
# the file's bytes reached the disk, leaves a node without addresses at every later boot.

# relay_network: where cloud-init's network configuration is missing, empty or without one of
# STACKSEED_ADDRESSES, has it written again and applied. Always status 0: what came of it shows in the
# node's addresses.
relay_network() {
  ! network_is_laid || return 0
  may_run_cloud_init || return 0
  log 'the network configuration is missing or torn: cloud-init writes it again'
  render_network || log 'cloud-init failed to write the network configuration'
  if network_is_laid; then apply_network; fi
  return 0
}

# An installer may have left cloud-init switched off: then the network is not its business.
may_run_cloud_init() {
  command -v cloud-init >/dev/null && [ ! -e "$ROOT/etc/cloud/cloud-init.disabled" ]
}

# The files that cloud-init's renderers write: ENI, netplan, networkd.
network_files() {
  local path
  for path in "$ROOT"/etc/network/interfaces.d/50-cloud-init* "$ROOT"/etc/netplan/50-cloud-init.yaml \
    "$ROOT"/etc/systemd/network/10-cloud-init-*.network "$ROOT"/run/systemd/network/10-cloud-init-*.network; do
    [ ! -s "$path" ] || printf '%s\n' "$path"
  done
}

# Old releases write an address and its netmask apart, so the prefix is not looked at.
network_is_laid() {
  local files address
  mapfile -t files < <(network_files)
  [ "${#files[@]}" -gt 0 ] || return 1
  for address in ${STACKSEED_ADDRESSES:-}; do
    grep -qwF -e "${address%/*}" "${files[@]}" || return 1
  done
}

# Without a recorded instance-id cloud-init takes the instance for a new one as far as the network
# goes; everything else is marked below instances/ID and does not run again. A power cut in here does
# no harm: the next boot finds no recorded id and writes the network itself. cloud-init's own report
# of this boot is put back, or `cloud-init status --wait` would wait until the next one.
render_network() {
  local cloud=$ROOT/var/lib/cloud saved path
  saved=$(mktemp -d)
  for path in "$cloud/data/status.json" "$cloud/data/result.json" "$cloud/instance/boot-finished"; do
    [ ! -e "$path" ] || cp -p "$path" "$saved/"
  done
  mkdir -p "$ROOT/run/cloud-init"
  rm -f "$cloud/data/instance-id"
  sync
  timeout 300 cloud-init init --local >&2 || { rm -rf "$saved"; return 1; }
  sync
  for path in status.json result.json; do
    [ ! -e "$saved/$path" ] || mv -f "$saved/$path" "$cloud/data/$path"
    [ ! -e "$cloud/data/$path" ] || ln -sfn "../../var/lib/cloud/data/$path" "$ROOT/run/cloud-init/$path"
  done
  [ ! -e "$saved/boot-finished" ] || mv -f "$saved/boot-finished" "$cloud/instance/"
  rm -rf "$saved"
}

apply_network() {
  case $(network_files) in
    */netplan/*) netplan apply ;;
    */interfaces.d/*) systemctl restart networking.service ;;
    *) systemctl restart systemd-networkd.service ;;
  esac || log 'the network configuration is there, but bringing it up failed'
}
