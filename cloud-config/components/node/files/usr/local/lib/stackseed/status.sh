#!/bin/bash
# Sourced by the engine. Tells how the components stand, in words or as JSON, and waits for them.

# Seconds between two looks of `wait`.
POLL=${STACKSEED_POLL:-1}
# Components asked at one time: each has some seconds to answer, which on a small machine all together would not.
SIDE_BY_SIDE=8

# status [--json | --quiet]: a component that converged is asked for its health now, several side by side.
# On a controller the table is followed by one of the clusters. Status 0 when all are healthy, else 1.
status() {
  local form=table
  case ${1:-} in
    '') ;;
    --json) form=json ;;
    --quiet) form=quiet ;;
    *) usage_error "status takes --json or --quiet, not $1" ;;
  esac
  look
  print_"$form"
  [ "$form" != table ] || print_clusters
  [ "$HEALTHY" -gt 0 ] && [ "$HEALTHY" -eq "$COUNT" ]
}

# Asks this host and the other controllers. Only a controller has the script, once it is laid.
print_clusters() {
  local script=$ROOT/usr/local/lib/stackseed/py/cluster_status.py
  [ -f "$script" ] || return 0
  printf '\n'
  timeout -k 1 8 /usr/bin/python3 -I -S -B "$script" </dev/null 2>/dev/null ||
    printf 'The controllers were asked, without an answer in time.\n'
}

# timeline [--json]: how this host came up.
timeline() {
  local script=$ROOT/usr/local/lib/stackseed/py/timeline.py
  if [ ! -f "$script" ]; then
    log 'timeline: nothing has been laid yet; stackseed-node status says how this host stands'
    return 1
  fi
  [ "$#" -eq 0 ] || [ "$*" = --json ] || usage_error "timeline takes --json, not $*"
  /usr/bin/python3 -I -S -B "$script" "$@" </dev/null
}

# Looks at what the controllers share, service by service. Status 0 when nothing is wrong, 1 when something is, 2 where
# there is nothing to look at.
doctor() {
  local script=$ROOT/usr/local/lib/stackseed/py/examine.py
  if [ ! -f "$script" ]; then
    log 'doctor: this host is no controller, or nothing has been laid yet; stackseed-node status says how it stands'
    return 2
  fi
  /usr/bin/python3 -I -S -B "$script" </dev/null
}

# pull [--list | --free HOST]: looks now whether there is a newer seed, in the background; or on a controller shows or ends
# the turns that hosts have to take theirs.
pull() {
  local turn=$ROOT/usr/local/lib/stackseed/py/turn.py
  case "${1:-} $#" in
    ' 0')
      if [ ! -f "$ROOT/usr/local/lib/stackseed/py/pull.py" ]; then
        log 'pull: this host does not take seeds by itself: it has not the role pull, or nothing has been laid yet'
        exit 1
      fi
      systemctl start --no-block stackseed-pull.service
      printf 'Looking. "journalctl -u stackseed-pull" tells what came of it.\n'
      return 0
      ;;
    '--list 1') set -- show ;;
    '--free 2') set -- free "$2" ;;
    *) usage_error 'pull takes --list or --free HOST' ;;
  esac
  if [ ! -f "$turn" ]; then
    log 'pull: this host gives no turns: it has not the role pull-controller, or nothing has been laid yet'
    exit 1
  fi
  /usr/bin/python3 -I -S -B "$turn" "$@" </dev/null || exit "$?"
}

# waive ARGUMENT…: has the clusters of this controller go on without a host that is gone for good. The
# database decides whether that may be; the message queue, which needs to know it for longer, follows.
waive() {
  local py=$ROOT/usr/local/lib/stackseed/py
  if [ ! -f "$py/galera_waive.py" ]; then
    log 'waive: this host is no controller, or its database has not been laid yet'
    exit 1
  fi
  /usr/bin/python3 -I "$py/galera_waive.py" "$@" || exit "$?"
  if [ -f "$py/rabbitmq_waive.py" ] && [ "${1:-}" != --list ]; then
    /usr/bin/python3 -I "$py/rabbitmq_waive.py" "$@" >/dev/null || exit "$?"
  fi
}

# Sets NAMES, COUNT and, by name, STATES, SINCES, TRIES and REASONS; HEALTHY is how many are.
look() {
  local name answers asked=0
  declare -gA STATES=() SINCES=() TRIES=() REASONS=()
  HEALTHY=0 COUNT=0
  NAMES=$(components)
  answers=$(mktemp -d)
  for name in $NAMES; do
    COUNT=$((COUNT + 1))
    read_state "$name"
    STATES[$name]=${IS[state]} SINCES[$name]=${IS[since]}
    TRIES[$name]=${IS[attempts]} REASONS[$name]=${IS[reason]}
    # One that waited tells what it does now, as soon as it does something.
    if [ "${IS[state]}" = converging ] && [ -f "$RUN/doing/$name" ] ||
      [ "${IS[state]}" != healthy ] && [ -s "$RUN/doing/$name" ]; then
      REASONS[$name]=$(one_line "$(text_of "$RUN/doing/$name")")
    fi
    [ "${IS[state]}" = healthy ] || continue
    if [ "$asked" -ge "$SIDE_BY_SIDE" ]; then wait -n || true; fi
    asked=$((asked + 1))
    ask_health "$name" "$answers" &
  done
  wait
  for name in $NAMES; do
    if [ -f "$answers/$name" ]; then REASONS[$name]=$(text_of "$answers/$name"); fi
    if [ -e "$answers/$name.bad" ]; then STATES[$name]=unhealthy; fi
    if [ "${STATES[$name]}" = healthy ]; then HEALTHY=$((HEALTHY + 1)); fi
  done
  rm -rf "$answers"
}

# Runs in the background, so it answers by files.
ask_health() {
  run_health "$1" 2>/dev/null || : >"$2/$1.bad"
  one_line "$WHY" >"$2/$1"
}

print_quiet() {
  :
}

print_table() {
  local name width=9
  printf '%s of fleet %s: %s of %s components healthy\n' "$(node_value STACKSEED_HOST)" \
    "$(node_value STACKSEED_FLEET)" "$HEALTHY" "$COUNT"
  if [ "$COUNT" -eq 0 ]; then
    printf 'The seed is not laid: %s is missing.\n' "${SEED#"$ROOT"}/components.list"
    return 0
  fi
  for name in $NAMES; do
    if [ "${#name}" -gt "$width" ]; then width=${#name}; fi
  done
  printf '%-*s  %-10s  %7s  %s\n' "$width" COMPONENT STATE FOR REASON
  for name in $NAMES; do
    printf '%-*s  %-10s  %7s  %s\n' "$width" "$name" "${STATES[$name]}" "$(age "${SINCES[$name]}")" \
      "${REASONS[$name]}"
  done
}

# How long ago, in two units. Never longer than the machine is up: the clock may have been set since.
age() {
  local seconds up
  [ -n "$1" ] || { printf -- '-'; return 0; }
  seconds=$(($(date +%s) - $1))
  up=$(cut -d . -f 1 "$ROOT/proc/uptime" 2>/dev/null || printf '%s' "$seconds")
  if [ "$seconds" -gt "$up" ]; then seconds=$up; fi
  if [ "$seconds" -lt 0 ]; then seconds=0; fi
  if [ "$seconds" -lt 60 ]; then
    printf '%ss' "$seconds"
  elif [ "$seconds" -lt 3600 ]; then
    printf '%sm%02ds' "$((seconds / 60))" "$((seconds % 60))"
  elif [ "$seconds" -lt 86400 ]; then
    printf '%sh%02dm' "$((seconds / 3600))" "$((seconds % 3600 / 60))"
  else
    printf '%sd%02dh' "$((seconds / 86400))" "$((seconds % 86400 / 3600))"
  fi
}

# {host, fleet, instanceId, ready, components: [{name, state, since, attempts, reason}]}; `since` in
# seconds of the epoch, or null.
print_json() {
  local name comma=''
  printf '{"host":%s,"fleet":%s,"instanceId":%s,"ready":%s,"components":[' \
    "$(json "$(node_value STACKSEED_HOST)")" "$(json "$(node_value STACKSEED_FLEET)")" \
    "$(json "$(instance_id)")" \
    "$([ "$HEALTHY" -gt 0 ] && [ "$HEALTHY" -eq "$COUNT" ] && printf true || printf false)"
  for name in $NAMES; do
    printf '%s{"name":%s,"state":%s,"since":%s,"attempts":%s,"reason":%s}' "$comma" "$(json "$name")" \
      "$(json "${STATES[$name]}")" "$(number "${SINCES[$name]}")" "$(number "${TRIES[$name]}")" \
      "$(json "${REASONS[$name]}")"
    comma=,
  done
  printf ']}\n'
}

# A JSON string of one line of printable ASCII.
json() {
  local text
  text=$(one_line "$1")
  text=${text//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

number() {
  if [[ $1 =~ ^(0|[1-9][0-9]*)$ ]]; then printf '%s' "$1"; else printf 'null'; fi
}

# await [--timeout S]: returns when every component is healthy. After S seconds without that it prints
# the table and gives status 1.
await() {
  local limit=''
  if [ "${1:-}" = --timeout ]; then
    limit=${2:-}
    [[ $limit =~ ^[0-9]+$ ]] || usage_error '--timeout takes a number of seconds'
    shift 2
  fi
  [ "$#" -eq 0 ] || usage_error "wait takes --timeout S, not $1"
  while [ ! -e "$RUN/ready" ]; do
    if [ -n "$limit" ] && [ "$SECONDS" -ge "$limit" ]; then
      log "not all healthy after $limit s"
      look
      print_table
      return 1
    fi
    sleep "$POLL"
  done
}

# health NAME: asks one component now.
health() {
  local status=0
  is_component "$1" || { log "$1 is not a component of this host"; return 2; }
  run_health "$1" || status=1
  printf '%s\n' "${WHY:-healthy}"
  return "$status"
}
