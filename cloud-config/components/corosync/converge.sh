#!/bin/bash
# Runs Corosync with the list of controllers. Reads /etc/corosync/corosync.conf and /etc/stackseed/corosync.key;
# writes /etc/corosync/authkey; starts the corosync service, has it read a changed list or key, and restarts it only
# when something else changed.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

CONFIG=$ROOT/etc/corosync/corosync.conf
ALLOW=$ROOT/run/stackseed/allow/corosync
# Digest of what the running daemon was started with and cannot take in. Gone after a boot, like the daemon.
RECORD=$ROOT/run/stackseed/corosync.started

key() {
  COROSYNC_TRANSPORT=$COROSYNC_TRANSPORT \
    python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/corosync_key.py" "$1"
}

# It looks for its own address, for the key, and writes to the log unless it is told to write here.
judge() {
  local copy said status=0
  [ "$COROSYNC_TRANSPORT" = knet ] || return 0
  mkdir -p "$ROOT/var/lib/corosync"
  copy=$(mktemp)
  sed 's/to_stderr: no/to_stderr: yes/' "$CONFIG" >"$copy"
  said=$(corosync -t -c "$copy" 2>&1) || status=$?
  rm -f "$copy"
  [ "$status" -ne 0 ] || return 0
  said=$(sed '1!d; s/.*\] //' <<<"$said")
  case $said in *'local host'*) waiting 'for an address of this host that is in the list of controllers' ;; esac
  halt "corosync refuses its configuration: $said"
}

nodes() {
  python3 -I -B "$ROOT/usr/local/lib/stackseed/py/report_corosync.py" "$1"
}

# All but the list of nodes and the key.
started_with() {
  {
    sed '/^nodelist {$/,/^}$/d' "$CONFIG"
    cat "$ROOT/etc/systemd/system/corosync.service.d/stackseed.conf"
  } | sha256sum | cut -d ' ' -f 1
}

# Everybody's Corosync reads its own file again: who has not got the new list yet reads the old one once more.
reload() {
  log 'taking in the new list of controllers'
  corosync-cfgtool -R >&2 && nodes same
}

# Nothing else may have the files read while some have the new key and some have not.
rekey() {
  case $(key state) in
    newest) ;;
    before) systemctl start --no-block stackseed-corosync-key.service ;;
    between)
      systemctl start --no-block stackseed-corosync-key.service
      nodes same || waiting 'for the new key, before the new list of controllers'
      ;;
    *) start ;;
  esac
}

start() {
  local why
  why=$(nodes agreed) || waiting "${why:-for a list of controllers that can be read}"
  mkdir -p "${ALLOW%/*}"
  touch "$ALLOW"
  rm -f "$RECORD"
  reload_unit "$COROSYNC_UNIT"
  enable_unit "$COROSYNC_UNIT"
  systemctl reset-failed "$COROSYNC_UNIT" 2>/dev/null || true
  key start
  log "starting $COROSYNC_UNIT"
  if systemctl is-active --quiet "$COROSYNC_UNIT"; then
    systemctl restart "$COROSYNC_UNIT"
  else
    # It would wait for network-online.target, which is the whole of cloud-init. Its address is there: judge.
    systemctl restart --job-mode=ignore-dependencies "$COROSYNC_UNIT"
  fi
  started_with >"$RECORD"
}

main() {
  have_unit "$COROSYNC_UNIT" || waiting "no $COROSYNC_UNIT: package corosync is not installed"
  # Judging looks for it.
  [ -e "$ROOT/etc/corosync/authkey" ] || key start
  judge
  if ! systemctl is-active --quiet "$COROSYNC_UNIT" ||
    [ "$(cat "$RECORD" 2>/dev/null)" != "$(started_with)" ]; then
    start
    rekey
    return 0
  fi
  rekey
  if ! nodes same && ! reload; then
    log 'corosync did not take in the list'
    start
  fi
}

"${MAIN:-main}" "$@"
