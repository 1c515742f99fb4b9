#!/bin/bash
# Run every few seconds: has the join loop look when something is wrong that RabbitMQ does not mend by itself. A loop
# that is at work looks anyway; once a minute is enough where it could do nothing.
#
# While the disk has less room than RabbitMQ needs, no node of the cluster takes a message; the loop stops this one
# where the others can do without it. One that could not write does not do all of its work afterwards, though it
# says nothing: it is started anew when there is room. And it may be paused, or gone.
#
# Reads node.env; changes the marks in /run.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

RUN=$ROOT/run/stackseed/rabbitmq
UNIT=stackseed@rabbitmq.service
# 5671, as the kernel lists what listens.
LISTENS=':1627 00000000:0000 0A'

# In megabytes.
free() {
  local blocks size
  read -r blocks size < <(stat -f -c '%a %S' "$ROOT/var/lib/rabbitmq")
  echo $((blocks * size / 1000000))
}

wrong() {
  if [ "$(free)" -lt "$RABBITMQ_DISK_FREE" ]; then
    touch "$RUN/was-full"
    printf 'less than %s MB are free\n' "$RABBITMQ_DISK_FREE"
  elif [ -e "$RUN/was-full" ]; then
    printf 'its disk was full\n'
  elif ! grep -qF -e "$LISTENS" "$ROOT/proc/net/tcp"; then
    printf 'clients are not let in\n'
  fi
}

main() {
  local why
  [ "$(systemctl show -p ActiveState "$UNIT")" = ActiveState=active ] || return 0
  mkdir -p "$RUN"
  why=$(wrong)
  [ -n "$why" ] || return 0
  [ -z "$(find "$RUN/watched" -mmin -1 2>/dev/null)" ] || return 0
  touch "$RUN/watched"
  log "RabbitMQ converges again: $why"
  systemctl restart --no-block "$UNIT"
}

"${MAIN:-main}" "$@"
