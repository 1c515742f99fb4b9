#!/bin/bash
# Puts the certificate of the public address where HAProxy reads it, and has it read anew. Reads
# /etc/stackseed/public.pem, or the operator's own file; writes /etc/haproxy/stackseed.pem.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

PEM=$ROOT/etc/haproxy/stackseed.pem
# There from before another certificate is in place until HAProxy has read it.
PENDING=$COMPONENT_KEPT/pending

# Certificate and key must be there and belong together, or HAProxy would not start any more.
judge() {
  local certificate key
  certificate=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) || halt "$2 has no certificate"
  key=$(openssl pkey -in "$1" -pubout 2>/dev/null) || halt "$2 has no private key, or one with a password"
  [ "$certificate" = "$key" ] || halt "certificate and key in $2 do not belong together"
}

main() {
  local source=${PUBLIC_TLS_PEM:-/etc/stackseed/public.pem}
  [ -s "$ROOT$source" ] || waiting "for $source, which you put on the controllers"
  [ -d "${PEM%/*}" ] || waiting "for ${PEM%/*}, which the package haproxy makes"
  judge "$ROOT$source" "$source"
  if ! cmp -s "$ROOT$source" "$PEM"; then
    mkdir -p "$COMPONENT_KEPT"
    touch "$PENDING"
    write_file "$PEM" 0600 <"$ROOT$source" || [ "$?" -eq 1 ]
  fi
  [ -e "$PENDING" ] || return 0
  # One that does not run reads it when it starts.
  if systemctl is-active --quiet "$HAPROXY_UNIT"; then systemctl reload "$HAPROXY_UNIT"; fi
  rm -f "$PENDING"
}

"${MAIN:-main}" "$@"
