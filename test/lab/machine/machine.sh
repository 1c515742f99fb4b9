#!/bin/bash
# One machine of the lab, from power-on until its power is cut or it shuts down: its disk, its network
# cards, its seed in the drive, and its reboots. machine.sh FOLDER, with LAB_CGROUP (the machine's cgroup),
# LAB_LAYERS (lowerdir), LAB_SWITCH (path of the switch's network namespace) and LAB_CARDS (lines of "port
# card mac mtu bridge", "-" for no bridge) in the environment. FOLDER/disk.size is the size of its disk, if any.
# LAB_SHARES has a folder for each file server of the lab, and LAB_SHARE is that of this machine, if it is one. Runs in
# that cgroup's hardware/, in a mount namespace of its own. Changes FOLDER/{upper,work,root} and the switch's ports.
set -eu

# Turns a reboot inside into exit status 133, instead of a machine that keeps its network namespace.
readonly REBOOTED=133

# What the host changes goes to FOLDER/upper, or, where its disk has a size, to a file system of that size.
insert_disk() {
  local disk=$folder
  if [ -e "$folder/disk.size" ]; then
    disk=$folder/disk
    mkdir -p "$disk"
    if [ ! -e "$folder/disk.img" ]; then
      truncate --size="$(<"$folder/disk.size")" "$folder/disk.new"
      mkfs.ext4 -q -F "$folder/disk.new"
      mv "$folder/disk.new" "$folder/disk.img"
    fi
    mount -o loop "$folder/disk.img" "$disk"
  fi
  # Left by a mount that was never unmounted; what `volatile` warns of is a crash of this machine's kernel.
  rm -rf "$disk/work"
  mkdir -p "$disk/upper" "$disk/work" "$folder/root"
  mount -t overlay overlay \
    -o "lowerdir=$LAB_LAYERS,upperdir=$disk/upper,workdir=$disk/work,volatile" "$folder/root"
}

# Systemd in the machine wants cgroup2 and nothing else at /sys/fs/cgroup.
enter_cgroup() {
  mkdir -p "$LAB_CGROUP/machine"
  if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
    cgroup=$LAB_CGROUP
    return
  fi
  cgroup=/sys/fs/cgroup${LAB_CGROUP#"$(stat -c %m "$LAB_CGROUP")"}
  umount --lazy /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
}

# nspawn leaves folders there, by names that machines of other labs have too.
hide_traces() {
  mkdir -p /run/systemd
  mount -t tmpfs tmpfs /run/systemd
}

# A loop device that goes when this script does. Seeds may change while the machine is off.
insert_seed() {
  exec 9<&-
  drive=
  [ -e "$folder/seed.iso" ] || return 0
  drive=$(losetup --read-only --find --show "$folder/seed.iso")
  exec 9<"$drive"
  losetup --detach "$drive"
}

# A namespace that was kept would go on answering on the machine's old addresses.
plug_in() {
  local port card mac mtu bridge
  : >"$folder/net"
  unshare --net="$folder/net" true
  while read -r port card mac mtu bridge; do
    in_switch ip link delete "$port" 2>/dev/null || true
    in_switch ip link add name "$port" mtu "$mtu" type veth \
      peer name "$card" address "$mac" mtu "$mtu" netns "$folder/net"
    [ "$bridge" = - ] || in_switch ip link set "$port" master "$bridge"
    in_switch ip link set "$port" up
    shape "$port"
  done <<<"$LAB_CARDS"
}

# What comes to the machine goes through the queueing discipline of FOLDER/shape, if there is one.
shape() {
  local discipline
  [ -e "$folder/shape" ] || return 0
  read -r -a discipline <"$folder/shape" || true
  in_switch tc qdisc replace dev "$1" root "${discipline[@]}"
}

unplug() {
  local port
  while read -r port _; do
    in_switch ip link delete "$port" 2>/dev/null || true
  done <<<"$LAB_CARDS"
  umount "$folder/net"
}

in_switch() {
  nsenter --net="$LAB_SWITCH" "$@"
}

boot() {
  local binds=(--bind="$LAB_SHARES:/lab/shares")
  [ -z "$drive" ] || binds+=(--bind="$drive")
  [ -z "$LAB_SHARE" ] || binds+=(--bind="$LAB_SHARE:/srv/nfs")
  (
    printf '0\n' >"$cgroup/machine/cgroup.procs"
    export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
    export SYSTEMD_NSPAWN_TMPFS_TMP=0 SYSTEMD_NSPAWN_LOCK=0
    exec systemd-nspawn --quiet --boot --directory="$folder/root" --machine="${folder##*/}" \
      --hostname=unconfigured --register=no --keep-unit --network-namespace-path="$folder/net" \
      --capability=all --system-call-filter='add_key keyctl request_key bpf @memlock perf_event_open ~clock_settime ~settimeofday' \
      --resolv-conf=off --timezone=off --link-journal=no --console=read-only \
      --bind=/dev/net/tun --bind=/dev/fuse "${binds[@]}" 8>&- 9<&-
  )
}

main() {
  local status
  folder=$1
  # Two machines on one disk would ruin it.
  exec 8>"$folder/lock"
  flock --nonblock 8 || exit 0
  enter_cgroup
  insert_disk
  hide_traces
  while true; do
    insert_seed
    plug_in
    status=0
    boot || status=$?
    unplug
    printf 'machine.sh: the machine went off with status %d\n' "$status"
    [ "$status" -eq "$REBOOTED" ] || exit 0
  done
}

"${MAIN:-main}" "$@"
