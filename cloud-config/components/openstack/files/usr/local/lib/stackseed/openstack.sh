#!/bin/bash
# Sourced after lib.sh by the converge.sh of OpenStack's components: what happens once in the whole cluster, and
# what is waited for. Reads /etc/stackseed/openstack.
#
#   openstack_url PORT [PATH]             prints a URL at the internal virtual address
#   openstack_public_url PORT [PATH]      prints a URL at the public one
#   openstack_ready URL WHAT              waits for a good answer there
#   openstack_schema NAME DATABASE COMMAND…
#                                         makes DATABASE with the account of NAME, and runs COMMAND once for each
#                                         release. What a first run of it left unfinished is dropped and done
#                                         again; what was finished never is.
#   openstack_account NAME DATABASE       makes the account of NAME, with all rights in DATABASE, which may not be there yet
#   openstack_once STEP GENERATION COMMAND…
#                                         runs COMMAND once in the cluster, for each generation; it may be cut off
#                                         and run again, so it has to find its own work done
#   openstack_generation                  prints the cluster's generation
#   openstack_broker NAME                 makes the account of NAME in the message queue
#   openstack_catalogue NAME              brings NAME.catalogue.json into Keystone
#   openstack_share PATH                  waits for a share of this fleet's NFS server to be mounted there, and to answer
#   openstack_share_answers PATH          for health.sh: whether it does
#   openstack_start GATE UNIT [PATH…]     opens the gate of that name, and restarts UNIT if it has to be
#   openstack_haproxy                     has HAProxy read this component's fragment
#   openstack_health URL [MORE]           for health.sh: a line, and status 0 where URL gives a good answer
#   openstack_site_off SITE               takes a package's site away from Apache; nothing for an empty name
#
# Each ends the script as `waiting` does while it cannot be done. What happens once, the accounts and HAProxy are
# for controllers.

OPENSTACK_ETC=$ROOT/etc/stackseed/openstack
# Seconds to look by itself, before the engine, which looks ever more rarely, is told why it waits.
OPENSTACK_PATIENCE=${STACKSEED_PATIENCE:-60}

openstack_url() {
  printf '%s:%s%s\n' "$(cat "$OPENSTACK_ETC/internal")" "$1" "${2:-}"
}

openstack_public_url() {
  printf '%s:%s%s\n' "$(cat "$OPENSTACK_ETC/public")" "$1" "${2:-}"
}

# openstack_python MODULE WORDS…
openstack_python() {
  python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/$1.py" "${@:2}"
}

# Runs a command until it is through or has an error: 75 is "not yet", 78 is for an operator. Its last line says why.
openstack_patiently() {
  local end=$((SECONDS + OPENSTACK_PATIENCE)) last='' why='' said status=0
  said=$(mktemp)
  while true; do
    status=0
    "$@" 2> >(tee "$said" >&2) || status=$?
    # tee may be a moment late.
    [ "$status" -eq 0 ] || sleep 0.2
    why=$(tail -n 1 "$said")
    if [ "$status" -ne 75 ] || [ "$SECONDS" -ge "$end" ]; then break; fi
    [ "$why" = "$last" ] || log "waiting $why"
    last=$why
    sleep 2
  done
  rm -f "$said"
  case $status in
    0) return 0 ;;
    75) waiting "$why" ;;
    78) halt "$why" ;;
  esac
  log "$why"
  exit "$status"
}

openstack_ready() {
  openstack_patiently openstack_answers "$1" "$2"
}

openstack_answers() {
  local code
  code=$(curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "$1") || true
  case $code in
    2?? | 300) return 0 ;;
    000 | '') printf 'for %s at %s\n' "$2" "$1" >&2 ;;
    *) printf 'for %s at %s, which answers %s\n' "$2" "$1" "$code" >&2 ;;
  esac
  return 75
}

openstack_generation() {
  sed -n 's/^ *"generation": *\([0-9][0-9]*\).*/\1/p' "$ROOT/etc/stackseed/cluster.json"
}

openstack_once() {
  openstack_patiently openstack_python openstack_once run "$1" "$2" "${@:3}"
}

openstack_account() {
  openstack_once "account-$1-$2" "$(openstack_generation)" \
    python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/openstack_account.py" "$1" "$2"
}

openstack_schema() {
  local name=$1 database=$2 at
  at=$(cat "$OPENSTACK_ETC/internal")
  openstack_account "$name" "$database"
  reach "${at#http://}" 3306 || waiting "for the database at ${at#http://} port 3306"
  openstack_patiently openstack_python openstack_once schema "schema-$name-$database" "$OPENSTACK_GENERATION" \
    "$database" "${@:3}"
}

openstack_broker() {
  openstack_patiently openstack_python openstack_broker "$1"
}

openstack_catalogue() {
  openstack_ready "$(openstack_url 5000 /v3)" Keystone
  openstack_once "catalogue-$1" "$(openstack_generation)" \
    python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/openstack_catalogue.py" "$1"
}

openstack_haproxy() {
  local said
  said=$(bash "$ROOT/usr/local/lib/stackseed/haproxy-config" 2>&1) || halt "$said"
}

openstack_health() {
  local said
  if said=$(openstack_answers "$1" it 2>&1); then
    printf 'answers%s\n' "${2:+, $2}"
  else
    printf 'no good answer %s\n' "${said#for it }"
    return 1
  fi
}

openstack_share() {
  timeout 10 mountpoint -q "$ROOT$1" || waiting "for a share to be mounted at $1"
  openstack_share_answers "$1" || waiting "for the NFS server of $1, which is away, or what is mounted is no share of stackseed"
}

# A mount is not enough: it may be another one than the share. A hard mount whose server is away blocks for ever.
openstack_share_answers() {
  timeout -k 1 10 cat "$ROOT$1/.stackseed-share" >/dev/null 2>&1
}

openstack_site_off() {
  local enabled=$ROOT/etc/apache2
  if [ -z "$1" ] || [ ! -L "$enabled/sites-enabled/$1.conf" ] && [ ! -L "$enabled/conf-enabled/$1.conf" ]; then return 0; fi
  rm -f "$enabled/sites-enabled/$1.conf" "$enabled/conf-enabled/$1.conf"
  if systemctl is-active --quiet apache2.service; then systemctl reload apache2.service; fi
}

openstack_start() {
  local allow=$ROOT/run/stackseed/allow/$1
  have_unit "$2" || waiting "no $2: its package is not installed"
  mkdir -p "${allow%/*}"
  touch "$allow"
  restart_if_changed "${@:2}"
}
