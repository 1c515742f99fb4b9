#!/bin/bash
# Sourced by the engine. The loop that brings one component to health: the seed is whole, its files
# lie, converge.sh ran, health.sh says yes. It has no deadline, only a reason that status shows.

# Milliseconds before the second attempt, and at most between two.
BACKOFF_FIRST=${STACKSEED_BACKOFF_FIRST:-1000}
BACKOFF_MAX=${STACKSEED_BACKOFF_MAX:-60000}
# A halt is for the operator, who says `stackseed-node apply`; it is still tried, rarely.
BACKOFF_HALTED=${STACKSEED_BACKOFF_HALTED:-300000}
HEALTH_TIMEOUT=${STACKSEED_HEALTH_TIMEOUT:-30}
SLEEPER=''

converge() {
  local name=$1 attempts=0 backoff=$BACKOFF_FIRST laid woken=no
  trap 'woken=yes' HUP
  trap 'stop' TERM INT
  take_lock "$name"
  while :; do
    attempts=$((attempts + 1))
    [ "$attempts" -gt 1 ] || set_state "$name" converging 1 ''
    laid=$(text_of "$SEED/seed.list")
    attempt "$name"
    # A seed that came meanwhile counts: the healthy state would be that of the old one.
    [ "$laid" = "$(text_of "$SEED/seed.list")" ] || continue
    set_state "$name" "$OUTCOME" "$attempts" "$WHY"
    [ "$OUTCOME" != healthy ] || return 0
    # A HUP during the attempt counts as well.
    if [ "$woken" = no ]; then
      if [ "$OUTCOME" = halted ]; then pause "$BACKOFF_HALTED"; else pause "$backoff"; fi
    fi
    if [ "$woken" = yes ]; then
      woken=no backoff=$BACKOFF_FIRST
    else
      backoff=$((backoff * 2 > BACKOFF_MAX ? BACKOFF_MAX : backoff * 2))
    fi
  done
}

# One run of a component at a time, whoever starts it. File descriptor 9 is closed in all children, or
# a daemon started by one of them would hold the lock.
take_lock() {
  [ -d "$RUN/locks" ] || mkdir -p "$RUN/locks"
  exec 9>"$RUN/locks/$1"
  flock -n 9 || {
    log "another run of $1 is under way: waiting for its end"
    flock 9
  }
}

# bash runs this when the step under way has come to its end.
stop() {
  log 'told to stop'
  [ -z "$SLEEPER" ] || kill "$SLEEPER" 2>/dev/null || true
  trap - TERM
  kill -TERM "$$"
}

# One attempt. Sets OUTCOME and WHY.
attempt() {
  local name=$1 status=0
  WHY=$(seed_check 9>&-) || { OUTCOME=waiting; return 0; }
  if ! is_component "$name"; then
    log "$name is not a component of this host"
    rm -f "$RUN/components/$name"
    exit 2
  fi
  WHY=$(lay "$name" 9>&-) || { outcome_of "$?"; return 0; }
  run_converge "$name" >&2 || { outcome_of "$?"; return 0; }
  run_health "$name" || status=$?
  case $status in
    0) OUTCOME=healthy ;;
    78) OUTCOME=halted ;;
    *) OUTCOME=waiting ;;
  esac
}

outcome_of() {
  case $1 in
    75) OUTCOME=waiting ;;
    78) OUTCOME=halted ;;
    *) OUTCOME=failed ;;
  esac
}

# run_converge NAME: runs converge.sh if the component has it. Sets WHY when it ends with another status
# than 0: what waiting or halt said, where it broke, or the last thing that it logged.
run_converge() {
  local script=$SEED/components/$1/converge.sh why=$RUN/doing/$1 status=0
  WHY=''
  [ -f "$script" ] || return 0
  [ -d "$RUN/doing" ] || mkdir -p "$RUN/doing"
  # status reads here what a step under way logged last.
  : >"$why"
  (become "$1" "$why" bash "$script") 9>&- </dev/null || status=$?
  WHY=$(<"$why")
  : >"$why"
  ended converge.sh "$status"
  return "$status"
}

# run_health NAME: sets WHY to the line that health.sh prints, or as run_converge when it fails without one. A component
# without health.sh is healthy. Programs are started for nothing else: all components are asked again and again.
run_health() {
  local script=$SEED/components/$1/health.sh why=$RUN/doing/.$1.$BASHPID said status=0
  WHY=''
  [ -f "$script" ] || return 0
  said=$(become "$1" "$why" timeout -k 5 "$HEALTH_TIMEOUT" bash "$script" 9>&- </dev/null) || status=$?
  if [ -e "$why" ]; then
    WHY=$(<"$why")
    rm -f "$why"
  fi
  # The first line that is not empty.
  said=${said#"${said%%[!$'\n']*}"}
  said=${said%%$'\n'*}
  if [ "$status" -eq 124 ]; then
    WHY="health.sh gave no answer in $HEALTH_TIMEOUT s"
  elif [ "$status" -eq 0 ] || [ -n "$said" ]; then
    WHY=$said
  fi
  ended health.sh "$status"
  return "$status"
}

# become NAME WHY COMMAND…: in a subshell, with what a component's scripts find in their environment.
become() {
  cd /
  export ROOT STACKSEED_COMPONENT=$1 STACKSEED_WHY=$2
  shift 2
  exec "$@"
}

ended() {
  if [ "$2" -ne 0 ] && [ -z "$WHY" ]; then WHY="$1 ended with status $2"; fi
}

# Sleeps for about that many milliseconds, a quarter more or less, so that nodes that lost the same
# peer do not come back to it in step. HUP ends it.
pause() {
  local ms=$(($1 * 3 / 4 + RANDOM % ($1 / 2 + 1)))
  sleep "$((ms / 1000)).$(printf '%03d' "$((ms % 1000))")" 9>&- &
  SLEEPER=$!
  wait "$SLEEPER" || true
  kill "$SLEEPER" 2>/dev/null || true
  SLEEPER=''
}
