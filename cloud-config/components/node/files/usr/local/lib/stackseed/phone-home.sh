#!/bin/bash
# Sourced by the engine. Tells the phone-home URL of the inventory, once for each instance-id, that
# this host is ready. Reads /etc/stackseed/phone-home.token; records in /var/lib/stackseed/phoned-home.

phone_home() {
  local url backoff=$BACKOFF_FIRST
  url=$(node_value STACKSEED_PHONE_HOME_URL)
  [ -n "$url" ] || return 0
  while ! has_phoned; do
    if [ ! -e "$RUN/ready" ]; then
      log 'not ready any more: this is told when the host is ready again'
      return 0
    fi
    if call "$url"; then
      instance_id | put_text "$KEPT/phoned-home" || [ "$?" -eq 1 ]
      log 'told the phone-home URL that this host is ready'
      return 0
    fi
    pause "$backoff"
    backoff=$((backoff * 2 > BACKOFF_HALTED ? BACKOFF_HALTED : backoff * 2))
  done
}

has_phoned() {
  [ -e "$KEPT/phoned-home" ] && [ "$(instance_id)" = "$(cat "$KEPT/phoned-home")" ]
}

# The URL and the token reach curl by its standard input: every user of the machine can read argv.
call() {
  local url=$1 body status=0
  command -v curl >/dev/null || {
    log 'curl is not installed: cannot phone home'
    return 1
  }
  look
  [ "$HEALTHY" -eq "$COUNT" ] || {
    log 'not all components are healthy just now'
    return 1
  }
  body=$(mktemp)
  print_json >"$body"
  {
    printf 'url = "%s"\n' "$(curl_quote "$url")"
    printf 'header = "Authorization: Bearer %s"\n' \
      "$(curl_quote "$(cat "$ROOT/etc/stackseed/phone-home.token")")"
  } | curl --config - --silent --show-error --fail --max-time 30 --request POST \
    --header 'Content-Type: application/json' --data-binary "@$body" --output /dev/null || status=$?
  rm -f "$body"
  return "$status"
}

# Inside the quotes of a curl configuration a backslash escapes.
curl_quote() {
  local text=${1//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}
