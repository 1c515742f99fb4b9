#!/bin/bash
# Says whether HAProxy has what it needs, and, where Pacemaker has started it, whether it answers. Not running is
# healthy here: whether it should run is Pacemaker's to say.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

alive() {
  local line
  exec 3<>/dev/tcp/127.0.0.1/9197
  printf 'GET /alive HTTP/1.0\r\n\r\n' >&3
  IFS= read -r -t 5 line <&3 && [[ $line == HTTP/*' 200 '* ]]
}

main() {
  local services
  services=$(grep -c -E '^(listen|frontend) ' "$ROOT/etc/haproxy/haproxy.cfg") || true
  if ! systemctl is-active --quiet "$HAPROXY_UNIT"; then
    printf 'ready for Pacemaker to start it\n'
  elif (alive) 2>/dev/null; then
    printf 'answers, %d services\n' "$((services - 1))"
  else
    printf 'runs, but does not answer\n'
    return 1
  fi
}

"${MAIN:-main}" "$@"
