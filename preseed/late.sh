#!/bin/sh
# Lays the host's seed into the installed system. Runs inside debian-installer as late_command, by busybox's shell.
# Reads /tmp/stackseed/install.env and esps, and fetches the seed from beside the preseed; writes below /target only.
# shellcheck shell=dash
set -eu
ROOT=${ROOT:-}
target=$ROOT/target
work=$ROOT/tmp/stackseed
pause=${PAUSE:-5}
# shellcheck source=/dev/null
. "$work/install.env"

say() {
  logger -t stackseed "$1" || true
}

# seed: a failure here would be a red screen for ever, and a boot server that is away comes back.
seed() {
  local folder=$target/var/lib/cloud/seed/nocloud name sum
  mkdir -p "$folder"
  chmod 0700 "$folder"
  for name in $INSTALL_SEED; do
    sum=${name#*:}
    name=${name%%:*}
    until preseed_fetch "$name" "$folder/$name" "$sum"; do
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
  preseed_fetch finished "$work/finished" >/dev/null 2>&1 || true
}

main() {
  umask 077
  seed
  umask 022
  datasource
  interfaces
  esps
  sync
  finished
  say "the seed of $INSTALL_HOST is laid"
}

"${MAIN:-main}" "$@"
