#!/bin/bash
# Sourced by the engine. Lays the staged files of a component in their places, and removes those that the seed no
# longer has; py/lay.py does it.

LAY=(/usr/bin/python3 -I -S -B "$STACKSEED_LIB/py/lay.py")

# lay NAME: makes every file what the seed says. Prints why when it cannot; status 75 when that may
# pass, 1 when not. Touches nothing that is right already.
lay() {
  local staged=$SEED/components/$1 status=0
  [ -f "$staged/files.list" ] || return 0
  ROOT=$ROOT "${LAY[@]}" lay "$staged" "$KEPT/components/$1" "$SEED/seed.list" || status=$?
  [ "$status" -ne 3 ] || { systemctl daemon-reload && status=0; }
  return "$status"
}

# Units of all components before the first of them converges: systemd reads all of them again each time that one is
# laid, which costs a second of a small machine. Those that cannot be laid yet come with their component.
lay_units() {
  local names status=0
  mapfile -t names < <(components)
  ROOT=$ROOT "${LAY[@]}" units "$SEED/components" "$KEPT/components" "${names[@]}" || status=$?
  [ "$status" -ne 3 ] || systemctl daemon-reload
}

# remove_dropped OLD NEW: removes files that list OLD has and neither list NEW nor the seed has.
remove_dropped() {
  [ ! -f "$1" ] || ROOT=$ROOT "${LAY[@]}" drop "$1" "$2" "$SEED/seed.list"
}
