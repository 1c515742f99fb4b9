#!/bin/bash
# Says until when the certificate is good, and whether it is the one that should be shown.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local pem=$ROOT/etc/haproxy/stackseed.pem until
  if ! cmp -s "$ROOT${PUBLIC_TLS_PEM:-/etc/stackseed/public.pem}" "$pem"; then
    printf 'another certificate is to be shown\n'
    return 1
  fi
  until=$(openssl x509 -in "$pem" -noout -enddate)
  if ! openssl x509 -in "$pem" -noout -checkend 0 >/dev/null; then
    printf 'the certificate was good until %s\n' "${until#notAfter=}"
    return 1
  fi
  printf 'good until %s\n' "${until#notAfter=}"
}

"${MAIN:-main}" "$@"
