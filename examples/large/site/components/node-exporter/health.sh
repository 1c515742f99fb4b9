#!/bin/bash
# Says whether the exporter gives figures. Asks it as Prometheus would.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

# HTTP/1.0, so that the exporter closes the connection at the end.
ask() {
  local line
  exec 3<>"/dev/tcp/${1%:*}/${1##*:}"
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  while IFS= read -r -t 10 line <&3; do
    printf '%s\n' "$line"
  done
}

main() {
  local listen figures
  listen=$(sed -n 's/.*--web.listen-address=\([0-9.:]*\).*/\1/p' "$ROOT/etc/default/prometheus-node-exporter")
  figures=$(ask "$listen" 2>/dev/null | grep -c '^node_') || true
  if [ "${figures:-0}" -eq 0 ]; then
    printf 'no figures from %s\n' "$listen"
    return 1
  fi
  printf '%d figures on %s\n' "$figures" "$listen"
}

"${MAIN:-main}" "$@"
