#!/bin/bash
# Sourced by the engine. Starts convergence: all of it by hand or after a new seed, or what stopped.

# apply [SOURCE [--older] [--dry-run] | --back] [--wait [--timeout S]]: takes another seed first when it is told one,
# or the one from before; looks whether the seed is whole, then has every component converge again. One that is in its
# loop already is not stopped, since it may be installing packages: it is told to make its next attempt at once.
apply() {
  local why name again=() taking=()
  while [ "$#" -gt 0 ] && [ "$1" != --wait ]; do
    taking+=("$1")
    shift
  done
  if [ "${#taking[@]}" -gt 0 ]; then
    seed_program take "${taking[@]}" || exit "$?"
    [[ " ${taking[*]} " != *' --dry-run '* ]] || return 0
  fi
  why=$(seed_recheck) || { log "waiting $why"; return 1; }
  systemctl daemon-reload
  for name in $(components); do
    if [ "$(unit_state "$name")" = activating ]; then
      systemctl kill --kill-who=main --signal=HUP "stackseed@$name.service" || true
    else
      set_state "$name" waiting 0 'for its turn in apply' 2>/dev/null
      again+=("stackseed@$name.service")
    fi
  done
  systemctl start --no-block stackseed.target
  [ "${#again[@]}" -eq 0 ] || systemctl restart --no-block "${again[@]}"
  if [ "$#" -gt 0 ]; then
    shift
    await "$@"
  else
    printf 'Started. "stackseed-node status" shows how it goes, "stackseed-node wait" waits for the end.\n'
  fi
}

# recheck: run by the timer. Starts what stopped or was killed, and has a component that is no longer
# healthy converge again.
recheck() {
  local name
  look
  for name in $NAMES; do
    case $(unit_state "$name") in
      activating | deactivating | reloading) ;;
      active)
        [ "${STATES[$name]}" != healthy ] || continue
        set_state "$name" waiting 0 "to converge again: ${REASONS[$name]}"
        systemctl restart --no-block "stackseed@$name.service"
        ;;
      *) systemctl start --no-block "stackseed@$name.service" ;;
    esac
  done
  if [ -e "$RUN/ready" ]; then start_phone_home; fi
}

# Run at boot. Components of resume.list start without waiting for others, when this host was healthy with
# this very seed before. What cloud-init leaves in /run tells that its first stage has found the seed;
# one that comes by network is found later, and might be another one.
resume() {
  local units
  [ -s "$ROOT/run/cloud-init/instance-data.json" ] && seed_is_laid &&
    cmp -s "$SEED/seed.list" "$KEPT/converged" || return 0
  mapfile -t units < <(sed 's/.*/stackseed@&.service/' "$SEED/resume.list")
  [ "${#units[@]}" -eq 0 ] || systemctl start --no-block --job-mode=ignore-dependencies "${units[@]}"
}

unit_state() {
  local state
  state=$(systemctl show -p ActiveState "stackseed@$1.service")
  printf '%s' "${state#ActiveState=}"
}
