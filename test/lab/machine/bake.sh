#!/bin/bash
# Installs packages into a layer over a root filesystem: bake.sh FOLDER LOWER PACKAGE... with apt's sources
# on standard input. Writes FOLDER/root; wants mount, UTS and PID namespaces of its own. Services are neither
# started nor enabled: a host that has the layer must look as one that does not have the packages yet.
set -eu

NAME=layer
here=$(dirname "$(readlink -f "$0")")

enter() {
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/root,workdir=$folder/work,volatile" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  # The machine's name must resolve, or maintainer scripts of some packages fail.
  hostname "$NAME"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$NAME" >"$root/run/hosts"
  touch "$root/etc/hosts" "$root/etc/resolv.conf"
  mount --bind "$root/run/hosts" "$root/etc/hosts"
  mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
}

inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive http_proxy="${http_proxy:-}" \
    https_proxy="${https_proxy:-}" "$@"
}

install_packages() {
  mkdir "$root/run/sources"
  cat >"$root/run/sources/sources.list"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  local apt=(apt-get -q -o Dir::Etc::sourcelist=/run/sources/sources.list -o Dir::Etc::sourceparts=/dev/null
    -o Acquire::Languages=none -o APT::Install-Recommends=false -o Dpkg::Options::=--force-unsafe-io
    -o Dpkg::Use-Pty=0)
  inside "${apt[@]}" update
  inside "${apt[@]}" install -y "$@"
  inside apt-get clean
  rm -f "$root/usr/sbin/policy-rc.d"
}

# Names of the units and init scripts that are enabled.
enabled() {
  inside systemctl list-unit-files --no-legend --no-pager --state=enabled | sed 's/ .*//'
  inside find /etc/rc2.d -name 'S*' -printf '%f\n' | sed 's/^S[0-9]*//'
}

disable_new() {
  local unit
  enabled | sort -u >"$root/run/after"
  comm -13 "$root/run/before" "$root/run/after" | while read -r unit; do
    case $unit in
      *.*) inside systemctl --quiet disable "$unit" ;;
      *) inside update-rc.d "$unit" disable ;;
    esac
  done
}

# What no kernel without NFS can do is done by others (mount.nfs, nfs-server.service, beside this script).
stand_in() {
  if [ -e "$root/usr/sbin/mount.nfs" ]; then
    inside dpkg-divert --quiet --local --rename --add /usr/sbin/mount.nfs
    install -m 0755 "$here/mount.nfs" "$root/usr/sbin/mount.nfs"
  fi
  [ ! -e "$root/usr/lib/systemd/system/nfs-server.service" ] ||
    install -m 0644 "$here/nfs-server.service" "$root/etc/systemd/system/nfs-server.service"
}

forget_this_build() {
  rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
  rm -rf "$root"/var/lib/apt/lists/*
  : >"$root/etc/machine-id"
}

main() {
  folder=$1 lower=$2 root=$1/mnt
  shift 2
  enter
  enabled | sort -u >"$root/run/before"
  install_packages "$@"
  disable_new
  stand_in
  forget_this_build
  umount --recursive "$root"
  rm -rf "$folder/work"
  rmdir "$folder/mnt"
}

"${MAIN:-main}" "$@"
