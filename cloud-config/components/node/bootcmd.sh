#!/bin/sh
# Run by cloud-init at every boot, before it writes files. Makes durable what cloud-init has done so
# far, and while the seed was not laid in full, has the modules that lay it run again in this boot:
# cloud-init marks a module as done before it starts it, so a power cut would lose its work for good.
# Reads the instance-id and /var/lib/stackseed/laid; removes marks of cloud-init and empty files.
set -u
ROOT=${ROOT:-}
CLOUD=$ROOT/var/lib/cloud

# After a power cut a file may be empty, or hold zero bytes.
read_id() {
  [ ! -f "$1" ] || tr -d "\000\n" <"$1"
}

# The node engine writes this file when every file of the seed is there, whole and on disk.
seed_is_laid() {
  id=$(read_id "$CLOUD/data/instance-id")
  [ -n "$id" ] && [ "$id" = "$(read_id "$ROOT/var/lib/stackseed/laid")" ]
}

# Only what is safe to run twice. disk_setup and its like are not.
forget_modules() {
  for module in write_files write_files_deferred set_hostname update_hostname users_groups ssh \
    set_passwords locale timezone apt_configure runcmd scripts_user; do
    rm -f "$CLOUD/instance/sem/config_$module"
  done
}

# cloud-init makes no host key where one exists, and leaves the host name alone where set-hostname
# holds it already; before 23.1 an empty set-hostname ends it altogether.
remove_empty_files() {
  rm -f "$CLOUD/data/set-hostname"
  for key in "$ROOT"/etc/ssh/ssh_host_*_key; do
    [ -s "$key" ] || rm -f "$key" "$key.pub"
  done
}

# The components need not wait for the rest of cloud-init. What runcmd starts later is running then.
begin_early() {
  [ ! -e "$ROOT/etc/systemd/system/stackseed.target" ] || return 0
  systemd-run --quiet --no-block --unit=stackseed-begin -p DefaultDependencies=no \
    -p After="cloud-init.service cloud-init-network.service" \
    sh -c 'systemctl daemon-reload && systemctl --no-block start stackseed.target' || true
}

main() {
  sync
  begin_early
  if ! seed_is_laid; then
    forget_modules
    remove_empty_files
  fi
}

"${MAIN:-main}"
