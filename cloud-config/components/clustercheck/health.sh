#!/bin/bash
# Says what HAProxy would be told now. That the gate is closed is no fault of the gate: any answer will do.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

ask() {
  exec 3<>"/dev/tcp/$1/9200"
  printf 'OPTIONS / HTTP/1.0\r\n\r\n' >&3
  timeout 5 cat <&3
}

main() {
  local answer word
  answer=$(ask "${STACKSEED_MANAGE_ADDRESS:-127.0.0.1}" 2>/dev/null | tr -d '\r') || true
  case $answer in
    'HTTP/1.0 200 '*) word=open ;;
    'HTTP/1.0 503 '*) word=closed ;;
    *)
      printf 'no answer on %s port 9200\n' "${STACKSEED_MANAGE_ADDRESS:-127.0.0.1}"
      return 1
      ;;
  esac
  printf '%s: %s\n' "$word" "$(tail -n 1 <<<"$answer")"
}

"${MAIN:-main}" "$@"
