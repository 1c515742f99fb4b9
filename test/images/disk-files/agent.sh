#!/bin/bash
# Runs the commands that the test's driver sends over a virtio port, and sends back what they said.
# In:  ID BASE64-COMMAND
# Out: ID EXIT-CODE BASE64-STDOUT BASE64-STDERR, or ID running once the command has begun
set -u

PORT=${PORT:-/dev/virtio-ports/driver}

answer() {
  local id=$1 command=$2 dir code=0
  dir=$(mktemp -d /dev/shm/agent.XXXXXX)
  base64 -d <<<"$command" >"$dir/command"
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    bash "$dir/command" </dev/null >"$dir/out" 2>"$dir/err" || code=$?
  # Commands run side by side; the lock keeps each answer whole.
  flock /dev/shm/agent.lock printf '%s %s =%s =%s\n' "$id" "$code" \
    "$(base64 -w0 "$dir/out")" "$(base64 -w0 "$dir/err")" >&3
  rm -rf "$dir"
}

main() {
  local id command
  until [ -e "$PORT" ]; do sleep 0.1; done
  exec 3<>"$PORT"
  while :; do
    # Nothing is read while the driver is not connected.
    if IFS=' ' read -r id command <&3; then answer "$id" "$command" & else sleep 0.2; fi
  done
}

"${MAIN:-main}" "$@"
