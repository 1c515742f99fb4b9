#!/bin/bash
# Run every few seconds. While the disk has less room than RabbitMQ needs, no node of the cluster takes a message; so
# the join loop is started, which stops it here where the others can do without it, and waits for room. A loop that
# is at work looks by itself. Once a minute is enough where they cannot. Reads node.env; changes nothing but that.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

MARK=$ROOT/run/stackseed/rabbitmq/no-room
UNIT=stackseed@rabbitmq.service

# In megabytes.
free() {
  local blocks size
  read -r blocks size < <(stat -f -c '%a %S' "$ROOT/var/lib/rabbitmq")
  echo $((blocks * size / 1000000))
}

main() {
  [ -d "$ROOT/var/lib/rabbitmq" ] || return 0
  if [ "$(free)" -ge "$RABBITMQ_DISK_FREE" ]; then
    rm -f "$MARK"
    return 0
  fi
  [ -z "$(find "$MARK" -mmin -1 2>/dev/null)" ] || return 0
  [ "$(systemctl show -p ActiveState "$UNIT")" = ActiveState=active ] || return 0
  mkdir -p "${MARK%/*}"
  touch "$MARK"
  log "less than $RABBITMQ_DISK_FREE MB are free: RabbitMQ converges again"
  systemctl restart --no-block "$UNIT"
}

"${MAIN:-main}" "$@"
