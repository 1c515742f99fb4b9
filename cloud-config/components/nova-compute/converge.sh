#!/bin/bash
# Runs libvirt and nova-compute on this host, once the controllers answer. Reads /etc/nova, /etc/libvirt and /dev/kvm;
# writes /etc/nova/nova-compute.conf; changes libvirt's and Nova's units.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/openstack.sh"

# The device may be there and of no use, as in a container: KVM_GET_API_VERSION says 12 since Linux 2.6.20.
kvm_works() {
  /usr/bin/python3 -I -c 'import fcntl, sys
try:
    with open(sys.argv[1], "r+b", buffering=0) as kvm:
        sys.exit(fcntl.ioctl(kvm, 0xAE00) != 12)
except OSError:
    sys.exit(1)' "$ROOT/dev/kvm"
}

virt_type() {
  case $NOVA_COMPUTE_VIRT_TYPE in
    qemu) printf 'qemu' ;;
    kvm)
      kvm_works || halt 'this machine has no KVM: its processor cannot, or its firmware forbids it. Or set virt_type to auto'
      printf 'kvm'
      ;;
    *) if kvm_works; then printf 'kvm'; else printf 'qemu'; fi ;;
  esac
}

config_text() {
  local mode=${NOVA_COMPUTE_CPU_MODE:-auto} models=${NOVA_COMPUTE_CPU_MODELS:-} word=cpu_models
  [ "$NOVA_RELEASE" != pike ] || word=cpu_model
  printf '# Written by stackseed, by what this machine has.\n[libvirt]\nvirt_type = %s\n' "$1"
  [ "$mode" = auto ] || printf 'cpu_mode = %s\n' "$mode"
  [ -z "$models" ] || printf '%s = %s\n' "$word" "${models// /,}"
}

# systemd refuses to open a socket for a libvirtd that runs already. Servers run on while libvirtd does not.
listen() {
  [ "$LIBVIRT_LISTEN" = socket ] || return 0
  enable_unit libvirtd-tls.socket
  if ! systemctl is-active --quiet libvirtd-tls.socket; then
    systemctl daemon-reload
    systemctl stop libvirtd.service
    systemctl start libvirtd-tls.socket
  fi
}

main() {
  local type
  have_unit nova-compute.service || waiting 'no nova-compute.service: its package is not installed'
  have_unit "$LIBVIRT_UNIT" || waiting "no $LIBVIRT_UNIT: its package is not installed"
  type=$(virt_type)
  config_text "$type" | write_file "$ROOT/etc/nova/nova-compute.conf" 0644 || [ "$?" -eq 1 ]
  listen
  restart_if_changed "$LIBVIRT_UNIT"
  # Once these answer, Nova's accounts are there as well.
  openstack_ready "$(openstack_url 8774 /)" Nova
  openstack_ready "$(openstack_url 8778 /)" Placement
  openstack_start nova-compute nova-compute.service
}

"${MAIN:-main}" "$@"
