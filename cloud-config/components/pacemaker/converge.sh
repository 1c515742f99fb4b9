#!/bin/bash
# Runs Pacemaker, and loads its configuration when the cluster's generation is new: on one controller of a majority,
# which holds the step `cib` of that generation; as a rule on the DC. Reads /etc/stackseed/pacemaker.xml and
# pacemaker.d/*.xml; writes, before the first start, a configuration that does nothing; changes the pacemaker
# service and, through it, what the cluster runs.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

PY=$ROOT/usr/local/lib/stackseed/py
ALLOW=$ROOT/run/stackseed/allow/pacemaker
CIB=$ROOT/var/lib/pacemaker/cib
WORK=$ROOT/run/stackseed/pacemaker
# Seconds to go on looking by itself before the engine, which looks ever more rarely, is told why it waits.
PATIENCE=${STACKSEED_PATIENCE:-60}
# Seconds that are left to the DC. It may be one that has not been brought the new seed yet, and whoever loads, it is the
# DC that puts it into force.
LEAVE_TO_DC=${STACKSEED_LEAVE_TO_DC:-10}
# Seconds between two looks, at most.
PAUSE_MOST=5

cib() {
  python3 -I "$PY/cib.py" "$@"
}

# step claim GENERATION | step done GENERATION TOKEN: the table in the database, which says who may do what is to
# be done once.
step() {
  python3 -I "$PY/step.py" "$1" cib "${@:2}"
}

# Judges the whole before anything of it runs.
assemble() {
  local said
  mkdir -p "$WORK"
  said=$(cib assemble) || halt "$said"
  printf '%s\n' "$said" >"$WORK/wanted.xml"
  judge "$WORK/wanted.xml"
}

judge() {
  local said
  said=$(crm_verify -V --xml-file "$1" 2>&1) && return 0
  said=$(grep -m 1 -i error <<<"$said" || printf '%s' "${said%%$'\n'*}")
  halt "crm_verify refuses the configuration: $said"
}

# Without a configuration Pacemaker waits 20 s for a DC before there is an election. This one is older than any
# other, so it is never what a cluster takes over from a node. A missing digest beside it is no error.
write_first() {
  [ ! -e "$CIB/cib.xml" ] && [ -z "$(ls "$CIB" 2>/dev/null)" ] || return 0
  write_file "$CIB/cib.xml" 0600 hacluster haclient <<END || [ "$?" -eq 1 ]
<cib validate-with="$PACEMAKER_SCHEMA" admin_epoch="0" epoch="0" num_updates="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="stackseed-no-quorum-policy" name="no-quorum-policy" value="stop"/>
        <nvpair id="stackseed-stonith-enabled" name="stonith-enabled" value="false"/>
        <nvpair id="stackseed-dc-deadtime" name="dc-deadtime" value="3s"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources/>
    <constraints/>
  </configuration>
  <status/>
</cib>
END
}

# Resources are Pacemaker's: it is not restarted when the configuration changes, only when its unit does.
start() {
  mkdir -p "${ALLOW%/*}"
  touch "$ALLOW"
  if systemctl is-active --quiet "$PACEMAKER_UNIT"; then return 0; fi
  enable_unit "$PACEMAKER_UNIT"
  systemctl reset-failed "$PACEMAKER_UNIT" 2>/dev/null || true
  log "starting $PACEMAKER_UNIT"
  # It would wait for the whole of the boot. What it needs of that is D-Bus, by which it runs units of systemd.
  systemctl start --job-mode=ignore-dependencies dbus.socket dbus.service
  systemctl start --job-mode=ignore-dependencies "$PACEMAKER_UNIT"
}

# The generation that runs, the majority, and the DC. Fails while the daemons are not there yet.
look() {
  local facts
  timeout 10 cibadmin --query --local >"$WORK/running.xml" 2>/dev/null || return 1
  facts=$(cib facts <"$WORK/running.xml") || return 1
  read -r RUNS MAJORITY DC <<<"$facts"
}

is_dc() {
  [ "$(timeout 5 crmadmin -D 2>/dev/null | sed 's/.*: *//')" = "$STACKSEED_HOST" ]
}

# Sets WHY to what it waits for; status 0 when the generation of this seed runs.
settle() {
  look || { WHY='for the daemons of Pacemaker'; return 1; }
  if [ "$RUNS" -gt "$WANTED" ]; then
    halt "the cluster runs with generation $RUNS, and this host's seed is of generation $WANTED: it needs the new seed"
  fi
  [ "$MAJORITY" -eq 1 ] || { WHY='for a majority of the controllers'; return 1; }
  [ "$RUNS" -lt "$WANTED" ] || return 0
  # Who claimed the step and is the DC no more still has to finish it: nobody else may, as long as it is up.
  if [ ! -e "$WORK/claimed-$WANTED" ] && { [ "$DC" = - ] || [ "$SECONDS" -lt "$LEAVE_TO_DC" ]; } && ! is_dc; then
    WHY="for ${DC/#-/the DC, who is not elected yet,} to load generation $WANTED"
    return 1
  fi
  claim_and_load
}

# Done already, and yet it does not run: the nodes that had it have lost it. Loading it once more does no harm.
claim_and_load() {
  local token said status=0
  said=$(step claim "$WANTED" 2>"$WORK/step.said") || status=$?
  case $status in
    0)
      token=$said
      touch "$WORK/claimed-$WANTED"
      ;;
    3) token='' ;;
    *) WHY="for the database, which says who may load generation $WANTED: $(tail -n 1 "$WORK/step.said")"; return 1 ;;
  esac
  load || return 1
  [ -z "$token" ] || step "done" "$WANTED" "$token" >&2 || {
    WHY='for the database, to note that the configuration is loaded'
    return 1
  }
  rm -f "$WORK/claimed-$WANTED"
}

# One transaction, and only upon what was read: if anything changed since, it is refused, and read again.
load() {
  local said name
  said=$(cib merge "$WORK/running.xml") || halt "$said"
  printf '%s\n' "$said" >"$WORK/new.xml"
  judge "$WORK/new.xml"
  crm_diff --cib --original "$WORK/running.xml" --new "$WORK/new.xml" >"$WORK/patch.xml" || [ "$?" -eq 1 ]
  log "loading generation $WANTED over $RUNS"
  if ! said=$(cibadmin --patch --sync-call --xml-file "$WORK/patch.xml" 2>&1); then
    WHY="to load generation $WANTED: ${said##*$'\n'}"
    return 1
  fi
  for name in $(cib gone "$WORK/running.xml"); do
    log "$name is no controller any more"
    crm_node --force --remove "$name" >&2 || true
  done
}

main() {
  local last='' pause=1 end=$((SECONDS + PATIENCE))
  have_unit "$PACEMAKER_UNIT" || waiting "no $PACEMAKER_UNIT: package pacemaker is not installed"
  assemble
  WANTED=$(sed -n 's/^<cib .*admin_epoch="\([0-9]*\)".*/\1/p' "$ROOT/etc/stackseed/pacemaker.xml")
  systemctl is-active --quiet "$COROSYNC_UNIT" || waiting "for $COROSYNC_UNIT, which does not run"
  write_first
  start
  until settle; do
    [ "$SECONDS" -lt "$end" ] || waiting "$WHY"
    [ "$WHY" = "$last" ] || log "waiting $WHY"
    last=$WHY
    # A look is ten programs, and what it waits for may take minutes.
    sleep "$pause"
    pause=$((pause < PAUSE_MOST ? pause + 1 : PAUSE_MOST))
  done
}

"${MAIN:-main}" "$@"
