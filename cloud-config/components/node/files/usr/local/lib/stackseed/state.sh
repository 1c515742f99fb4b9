#!/bin/bash
# Sourced by the engine. Where things lie, and the state of each component in /run/stackseed.

RUN=$ROOT/run/stackseed
KEPT=$ROOT/var/lib/stackseed
SEED=$KEPT/seed

log() {
  printf '%s\n' "$*" >&2
}

# text_of PATH: what is in a file, without another program; nothing when there is none.
text_of() {
  [ ! -f "$1" ] || printf '%s\n' "$(<"$1")"
}

# This host's components in order, one a line; nothing when the seed is not there.
components() {
  text_of "$SEED/components.list"
}

is_component() {
  [[ $'\n'$(components)$'\n' == *$'\n'"$1"$'\n'* ]]
}

instance_id() {
  local path=$ROOT/var/lib/cloud/data/instance-id
  [ ! -f "$path" ] || tr -d '\0\n' <"$path"
}

# Reads the state of a component into IS[state], IS[since], IS[attempts] and IS[reason].
read_state() {
  local line
  declare -gA IS=([state]=waiting [since]='' [attempts]=0 [reason]='not started yet')
  [ -f "$RUN/components/$1" ] || return 0
  while IFS= read -r line; do
    IS[${line%%=*}]=${line#*=}
  done <"$RUN/components/$1"
}

# set_state NAME STATE ATTEMPTS REASON: `since` moves, and a line is logged, only when the state or its
# reason is another one than before.
set_state() {
  [ -d "$RUN/components" ] || mkdir -p "$RUN/components" "$RUN/locks"
  {
    flock 8
    write_state "$1" "$2" "$3" "$(one_line "$4")"
    update_ready
  } 8>"$RUN/locks/.state"
}

write_state() {
  local name=$1 state=$2 attempts=$3 reason=$4 since
  read_state "$name"
  since=${IS[since]}
  if [ -z "$since" ] || [ "${IS[state]}" != "$state" ] || [ "${IS[reason]}" != "$reason" ]; then
    printf -v since '%(%s)T' -1
    log "$name is $state${reason:+: $reason}"
  fi
  printf 'state=%s\nsince=%s\nreason=%s\nattempts=%s\n' "$state" "$since" "$reason" "$attempts" \
    >"$RUN/components/.$name.new"
  mv -f "$RUN/components/.$name.new" "$RUN/components/$name"
}

# /run/stackseed/ready is there exactly while every component is healthy.
update_ready() {
  if ! all_healthy; then
    [ ! -e "$RUN/ready" ] || rm -f "$RUN/ready"
  elif [ ! -e "$RUN/ready" ]; then
    printf '%(%s)T\n' -1 >"$RUN/ready"
    put_text "$KEPT/converged" <"$SEED/seed.list" || [ "$?" -eq 1 ] || log 'cannot record that all converged'
    log 'all components are healthy: this host is ready'
    start_phone_home
  fi
}

all_healthy() {
  local name names
  names=$(components)
  [ -n "$names" ] || return 1
  for name in $names; do
    read_state "$name"
    [ "${IS[state]}" = healthy ] || return 1
  done
}

start_phone_home() {
  [ -z "$(node_value STACKSEED_PHONE_HOME_URL)" ] ||
    systemctl start --no-block stackseed-phone-home.service ||
    log 'cannot start stackseed-phone-home.service'
}

# node_value NAME: a value of node.env, read in a shell of its own so that no other name gets in here.
node_value() {
  (
    # shellcheck source=/dev/null
    . "$ROOT/etc/stackseed/node.env" 2>/dev/null
    printf '%s' "${!1:-}"
  )
}
