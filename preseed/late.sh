#!/bin/sh
# Lays the host's seed into the installed system. Usage: late.sh [live]
# In debian-installer it runs as late_command, by busybox's shell: reads /tmp/stackseed/install.env and esps, and
# fetches the seed from beside the preseed. With "live" it runs in Ubuntu's live session as a late command: all it needs
# is below /run/stackseed. Writes below /target only.
# shellcheck shell=dash
set -eu
ROOT=${ROOT:-}
target=$ROOT/target
live=${1:-}
work=$ROOT/tmp/stackseed
[ -z "$live" ] || work=$ROOT/run/stackseed
pause=${PAUSE:-5}
# shellcheck source=/dev/null
. "$work/install.env"

say() {
  logger -t stackseed "$1" || true
}

# direct: the boot server knows a host by its address, and a proxy for packages gives out nothing else; the installer
# would ask it for every file. All packages are installed by now.
direct() {
  debconf-set mirror/http/proxy '' || true
}

# fetch NAME TARGET MD5
fetch() {
  if [ -n "$live" ]; then
    cp "$work/seed/$1" "$2"
  else
    preseed_fetch "$1" "$2" "$3"
  fi
}

# seed: a failure here would be a red screen for ever, and a boot server that is away comes back.
seed() {
  local folder=$target/var/lib/cloud/seed/nocloud name sum
  mkdir -p "$folder"
  chmod 0700 "$folder"
  for name in $INSTALL_SEED; do
    sum=${name#*:}
    name=${name%%:*}
    until fetch "$name" "$folder/$name" "$sum"; do
      say "waits for $name of the seed"
      sleep "$pause"
    done
    chmod 0600 "$folder/$name"
  done
}

# datasource: cloud-init looks nowhere else, neither for a metadata server nor for a medium.
datasource() {
  mkdir -p "$target/etc/cloud/cloud.cfg.d"
  echo 'datasource_list: [NoCloud, None]' >"$target/etc/cloud/cloud.cfg.d/99-stackseed.cfg"
  chmod 0644 "$target/etc/cloud/cloud.cfg.d/99-stackseed.cfg"
}

# interfaces: the installer's own stanza would stay beside what cloud-init writes.
interfaces() {
  [ -d "$target/etc/network" ] || return 0
  mkdir -p "$target/etc/network/interfaces.d"
  printf 'auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n' >"$target/etc/network/interfaces"
  chmod 0644 "$target/etc/network/interfaces"
}

# installed: what Ubuntu's installer leaves would have cloud-init look elsewhere, keep a second network
# configuration, and be switched off after one boot.
installed() {
  local name
  for name in cloud-init.disabled ds-identify.cfg cloud.cfg.d/99-installer.cfg cloud.cfg.d/90-installer-network.cfg \
    cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg cloud.cfg.d/curtin-preserve-sources.cfg; do
    rm -f "$target/etc/cloud/$name"
  done
  rm -f "$target"/etc/netplan/*.yaml
}

# settings: the kernel's parameters, and a password for root's console; both are files that are empty or not there.
settings() {
  if [ -s "$work/grub.cfg" ]; then
    mkdir -p "$target/etc/default/grub.d"
    cp "$work/grub.cfg" "$target/etc/default/grub.d/99-stackseed.cfg"
    curtin in-target --target="$target" -- update-grub
  fi
  [ ! -s "$work/root" ] || chpasswd --encrypted --root "$target" <"$work/root"
}

# esps: each disk of a mirror boots by itself, so each has the boot loader.
esps() {
  local part list folder=$work/esp
  [ -s "$work/esps" ] || return 0
  mkdir -p "$folder"
  list=$(cat "$work/esps")
  for part in $list; do
    if grep -q "^$part " "$ROOT/proc/mounts"; then continue; fi
    mount -t vfat "$part" "$folder"
    cp -r "$target/boot/efi/." "$folder/"
    umount "$folder"
    say "the boot loader is on $part as well"
  done
}

# finished: tells a boot server that listens; any other one has no such file, and nothing depends on it.
finished() {
  local url
  if [ -z "$live" ]; then
    preseed_fetch finished "$work/finished" >/dev/null 2>&1 || true
    return 0
  fi
  url=$(sed -n 's/.*ds=nocloud;s=\(https\{0,1\}:[^ ";]*\).*/\1/p' "$ROOT/proc/cmdline")
  [ -z "$url" ] || curl -fsS -m 20 --noproxy '*' -o "$work/finished" "${url}finished" || true
}

main() {
  umask 077
  [ -n "$live" ] || direct
  seed
  umask 022
  datasource
  if [ -n "$live" ]; then
    installed
    settings
  else
    interfaces
    esps
  fi
  finished
  sync
  say "the seed of $INSTALL_HOST is laid"
}

"${MAIN:-main}" "$@"
