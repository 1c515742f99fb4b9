#!/bin/sh
# Chooses the disks, and the recipe for the firmware. Usage: early.sh [live]
# In debian-installer it runs as partman's early_command, by busybox's shell: reads /tmp/stackseed/install.env and
# sets answers of partman and grub-installer. With "live" it runs in Ubuntu's live session before autoinstall: reads
# /run/stackseed, and writes /autoinstall.yaml. Both get the files disks and esps beside install.env.
# Where no disk fits it waits, and says why on the console and in the log.
# shellcheck shell=dash
set -eu
ROOT=${ROOT:-}
live=${1:-}
work=$ROOT/tmp/stackseed
[ -z "$live" ] || work=$ROOT/run/stackseed
pause=${PAUSE:-10}
# shellcheck source=/dev/null
. "$work/install.env"

said=

# say REASON: once for as long as it stays the same.
say() {
  [ "$1" != "$said" ] || return 0
  said=$1
  logger -t stackseed "$1" || true
  echo "stackseed: $1" >"$ROOT/dev/console" 2>/dev/null || true
}

# name_of DEVICE: as /sys/block spells it.
name_of() {
  echo "${1#/dev/}" | sed 's,/,!,g'
}

# size_of DEVICE: in decimal megabytes; the kernel counts sectors of 512 bytes whatever the disk's own are.
size_of() {
  local sectors
  sectors=$(cat "$ROOT/sys/block/$(name_of "$1")/size" 2>/dev/null) || sectors=0
  echo $((sectors * 512 / 1000000))
}

# real_path PATH: the device behind a stable name; fails while it is not there.
real_path() {
  local target
  [ -e "$ROOT$1" ] || return 1
  target=$(readlink -f "$ROOT$1") || return 1
  echo "${target#"$ROOT"}"
}

# in_list WORD LIST
in_list() {
  case " $2 " in
    *" $1 "*) return 0 ;;
  esac
  return 1
}

# is_medium DEVICE: a stick or card, or something that is mounted, such as what the installer itself lies on.
is_medium() {
  [ "$(cat "$ROOT/sys/block/$(name_of "$1")/removable" 2>/dev/null)" != 1 ] || return 0
  grep -q "^$1[p0-9]* " "$ROOT/proc/mounts"
}

# devices: every disk that there is.
devices() {
  if [ -n "$live" ]; then
    lsblk --nodeps --noheadings --paths --output NAME,TYPE | sed -n 's/ *disk$//p'
  else
    list-devices disk
  fi
}

# candidates MIN MAX: "megabytes device" of each disk that a rule may choose, smallest first.
candidates() {
  local device size
  for device in $(devices); do
    if in_list "$device" "$chosen $spared" || is_medium "$device"; then continue; fi
    size=$(size_of "$device")
    if [ "$size" -eq 0 ] || [ "$size" -lt "$1" ]; then continue; fi
    if [ "$2" -ne 0 ] && [ "$size" -gt "$2" ]; then continue; fi
    echo "$size $device"
  done | sort -n
}

# pick RULE COUNT MIN MAX: adds to $chosen. Equal disks are never chosen between: the other one may hold data.
pick() {
  local found all taken last next
  found=$(candidates "$3" "$4")
  all=$(echo "$found" | sed '/^$/d' | wc -l)
  if [ "$all" -lt "$2" ]; then
    reason="for $2 disk(s) by the rule $1: $(described "$found")"
    return 1
  fi
  if [ "$1" = only ] && [ "$all" -ne "$2" ]; then
    reason="because the rule is only, and there are more disks than $2: $(described "$found")"
    return 1
  fi
  [ "$1" != largest ] || found=$(echo "$found" | sort -rn)
  taken=$(echo "$found" | head -n "$2")
  last=$(echo "$taken" | tail -n 1)
  next=$(echo "$found" | sed -n "$(($2 + 1))p")
  if [ -n "$next" ] && [ "${next%% *}" = "${last%% *}" ]; then
    reason="because the rule $1 does not tell equal disks apart: $(described "$found")"
    return 1
  fi
  chosen="$chosen$(echo "$taken" | sed 's/^[0-9]* / /' | tr -d '\n')"
}

# described CANDIDATES: for people.
described() {
  if [ -z "$1" ]; then
    echo 'none is there'
  else
    echo "$1" | sed 's/^\([0-9]*\) \(.*\)$/\2 of \1 MB/' | tr '\n' ',' | sed 's/,$//; s/,/, /g'
  fi
}

# choose: all disks into $chosen, or the reason why not into $reason.
choose() {
  local kind count min max name device rest
  chosen=
  spared=
  for name in $INSTALL_SPARED; do
    device=$(real_path "$name") || continue
    spared="$spared $device"
  done
  # Those that are named go first, so that a rule does not take one of them.
  rest=$INSTALL_DISKS
  while [ -n "$rest" ]; do
    read -r kind count min max name <<END
$rest
END
    rest=$(echo "$rest" | sed 1d)
    case $kind in
      path)
        if ! device=$(real_path "$name"); then
          reason="for the disk $name"
          return 1
        fi
        chosen="$chosen $device"
        ;;
      *) pick "$kind" "$count" "$min" "$max" || return 1 ;;
    esac
  done
  chosen=${chosen# }
  for device in $chosen; do
    if [ "$(size_of "$device")" -lt "$INSTALL_NEEDS" ]; then
      reason="because $device has $(size_of "$device") MB, and the recipe needs $INSTALL_NEEDS"
      return 1
    fi
  done
}

# firmware: what the machine was booted by, where the inventory allows that.
firmware() {
  local found=bios
  [ ! -d "$ROOT/sys/firmware/efi" ] || found=uefi
  case $INSTALL_FIRMWARE in
    any | "$found") echo "$found" ;;
    *) return 1 ;;
  esac
}

# partition DEVICE NUMBER
partition() {
  case $1 in
    *[0-9]) echo "${1}p$2" ;;
    *) echo "$1$2" ;;
  esac
}

# partitions NUMBER SEPARATOR: that of every chosen disk.
partitions() {
  local device all=
  for device in $chosen; do all="$all$2$(partition "$device" "$1")"; done
  echo "${all#"$2"}"
}

# first_volume BY: number of the first partition that is not there for booting. Partitions of BIOS machines have
# a table of the old kind, which has none such, where the installer cannot be told another and the disk is small.
first_volume() {
  if [ "$1" = uefi ] || [ "$INSTALL_LABEL" = gpt ] || [ "$(size_of "${chosen%% *}")" -gt 2199023 ]; then
    echo 2
  else
    echo 1
  fi
}

# raid_recipe BY: an array for each volume, from the partitions of the same number.
raid_recipe() {
  local number volume count=0 device
  for device in $chosen; do count=$((count + 1)); done
  number=$(first_volume "$1")
  for volume in $INSTALL_RAID; do
    echo "1 $count 0 ${volume%%:*} ${volume#*:} $(partitions "$number" '#') ."
    number=$((number + 1))
  done | tr '\n' ' ' | sed 's/ $//'
}

# answers BY: lines for debconf.
answers() {
  local recipe=$INSTALL_RECIPE_BIOS
  [ "$1" = bios ] || recipe=$INSTALL_RECIPE_UEFI
  echo "d-i partman-auto/disk string $chosen"
  echo "d-i partman-auto/expert_recipe string $recipe"
  echo "d-i grub-installer/bootdev string $chosen"
  [ -z "$INSTALL_RAID" ] || echo "d-i partman-auto-raid/recipe string $(raid_recipe "$1")"
}

# autoinstall BY: the configuration for this firmware, with the disks in place of what stands for them.
autoinstall() {
  local device number=1 script=
  for device in $chosen; do
    script="$script;s,/dev/stackseed/$number\\b,$device,g"
    number=$((number + 1))
  done
  sed "${script#;}" "$work/$1.yaml" >"$work/autoinstall.yaml"
  mv "$work/autoinstall.yaml" "$ROOT/autoinstall.yaml"
}

main() {
  local by
  reason=
  until by=$(firmware); do
    say "waits: it was not booted by $INSTALL_FIRMWARE, as the inventory says; change that in its firmware"
    sleep "$pause"
  done
  until choose; do
    say "waits $reason"
    sleep "$pause"
  done
  say "installs $INSTALL_HOST on $chosen, booted by $by"
  echo "$chosen" >"$work/disks"
  : >"$work/esps"
  if [ -n "$live" ]; then
    autoinstall "$by"
    return
  fi
  answers "$by" >"$work/answers"
  debconf-set-selections "$work/answers"
  if [ "$by" = uefi ] && [ -n "$INSTALL_RAID" ]; then partitions 1 ' ' >"$work/esps"; fi
}

"${MAIN:-main}" "$@"
