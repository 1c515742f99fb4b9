#!/bin/bash
# Sourced by the engine. Makes sure that the seed was laid in full before anything is done with it.
#
# seed.list, the last file that cloud-init writes, has a line `SHA256  /PATH` for every other file that
# it writes, sorted by path, and ends with `# end N`, N being the number of those lines. So a file that
# a power cut left missing, empty or in part is found, and so is a torn list.
#
# When all is there and on disk the engine writes to /var/lib/stackseed
#   laid       the instance-id of that seed; bootcmd.sh lays the seed again while this is another one
#   laid.list  the seed.list that was checked, to know what a later seed has dropped

TAKE_SEED=(/usr/bin/python3 -I -B "$STACKSEED_LIB/py/take_seed.py")

# Not while somebody looks whether the seed is whole.
seed_program() {
  [ -d "$RUN/locks" ] || mkdir -p "$RUN/locks"
  (
    flock 7
    "${TAKE_SEED[@]}" "$@"
  ) 7>"$RUN/locks/.seed"
}

# seed_check: status 0 when the seed is laid; otherwise prints why not, status 75. Looks once for each
# boot and seed; after `seed_recheck` it looks again.
seed_check() {
  [ -d "$RUN/locks" ] || mkdir -p "$RUN/locks"
  (
    flock 7
    [ ! -e "$KEPT/taking" ] || "${TAKE_SEED[@]}" resume >&2 || {
      printf 'for the seed that is being taken: see the log'
      exit 75
    }
    ! same_text "$SEED/seed.list" "$RUN/seed.list" || exit 0
    if ! seed_is_laid; then
      check_files || exit 75
      take_in_seed || {
        printf 'for the disk: cannot record that the seed is laid'
        exit 75
      }
    fi
    lay_units 7>&-
    cp "$SEED/seed.list" "$RUN/seed.list"
  ) 7>"$RUN/locks/.seed"
}

same_text() {
  [ -f "$1" ] && [ -f "$2" ] && [ "$(<"$1")" = "$(<"$2")" ]
}

# Files that were changed by hand since are found by this, and the seed's are laid over them.
seed_recheck() {
  rm -f "$RUN/seed.list" "$RUN/laid-again" "$KEPT/laid"
  seed_check
}

seed_is_laid() {
  local id
  id=$(instance_id)
  [ -n "$id" ] && [ "$id" = "$(text_of "$KEPT/laid")" ] && same_text "$SEED/seed.list" "$KEPT/laid.list"
}

check_files() {
  local why
  why=$(torn_files)
  [ -n "$why" ] || return 0
  if lay_again; then why=$(torn_files); fi
  [ -n "$why" ] || return 0
  printf 'for the whole seed: %s\n' "$why"
  return 75
}

# Prints what is wrong with the seed; nothing when it is whole.
torn_files() {
  local list=$SEED/seed.list count bad
  if [ ! -s "$list" ]; then
    printf '%s is missing or empty' "${list#"$ROOT"}"
    return 0
  fi
  count=$(($(wc -l <"$list") - 1))
  if [ "$count" -lt 1 ] || [ "$(tail -n 1 "$list")" != "# end $count" ]; then
    printf '%s is torn' "${list#"$ROOT"}"
    return 0
  fi
  mapfile -t bad < <(sed "s|  /|  $ROOT/|" "$list" | LC_ALL=C sha256sum -c 2>/dev/null |
    sed -n "s|^$ROOT\(.*\): FAILED.*|\1|p")
  [ "${#bad[@]}" -eq 0 ] || printf '%s of %s files missing or torn: %s%s' \
    "${#bad[@]}" "$count" "${bad[*]:0:3}" "$([ "${#bad[@]}" -le 3 ] || printf ' and more')"
}

# Has cloud-init write the files once more, at most once a minute. It names the module differently in
# different releases, and takes this spelling in all of them.
lay_again() {
  may_run_cloud_init || return 1
  [ -z "$(find "$RUN/laid-again" -mmin -1 2>/dev/null)" ] || return 1
  touch "$RUN/laid-again"
  log 'the seed is not whole: cloud-init lays its files again'
  timeout 300 cloud-init single --name write_files --frequency always >&2 7>&- ||
    log 'cloud-init failed to lay the files'
  systemctl daemon-reload 7>&-
}

# The seed is whole: let go of what it no longer has, and record it once all is on disk.
take_in_seed() {
  local id
  chmod 0700 "$SEED" || return
  remove_dropped "$KEPT/laid.list" "$SEED/seed.list"
  prune_seed
  (
    # shellcheck source=/dev/null
    . "$ROOT/etc/stackseed/node.env"
    relay_network 7>&-
  )
  sync
  put_text "$KEPT/laid.list" <"$SEED/seed.list" || [ "$?" -eq 1 ] || return
  id=$(instance_id)
  # No id: this seed was laid by other means than cloud-init, or a power cut took the id.
  [ -z "$id" ] || printf '%s\n' "$id" | put_text "$KEPT/laid" || [ "$?" -eq 1 ]
}

paths_of() {
  sed -n 's/^[0-9a-f]*  //p' "$1"
}

prune_seed() {
  local path
  find "$SEED" ! -type d -printf '/var/lib/stackseed/seed/%P\n' |
    { grep -vxF -f <(paths_of "$SEED/seed.list") || true; } |
    while read -r path; do
      [ "$ROOT$path" = "$SEED/seed.list" ] || rm -f "$ROOT$path"
    done
  find "$SEED" -mindepth 1 -type d -empty -delete
}
