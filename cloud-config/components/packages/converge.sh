#!/bin/bash
# Installs the packages of this host in one transaction; no service is started by it, for none is
# configured yet. Reads packages.list and the components' debconf files in the seed; changes packages,
# debconf, apt's lists and, while it runs, /usr/sbin/policy-rc.d. Does nothing when all is installed.
set -eu -o pipefail

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

SEED=$ROOT/var/lib/stackseed/seed
LISTS=$ROOT/var/lib/apt/lists
POLICY=$ROOT/usr/sbin/policy-rc.d
ASIDE=$POLICY.stackseed-aside
MARK='# stackseed: no service starts while packages are installed'
# What the last program said; what went wrong is read from it.
SAID=$ROOT/run/stackseed/packages.said
# Exists when a package was not found in the lists: they are fetched anew before it counts as missing.
NOT_FOUND=$ROOT/run/stackseed/packages.not-found

export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical
export APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1
APT_GET=(apt-get -y -q -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
  -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)

# Packages of the seed that are not installed, one a line.
missing() {
  dpkg-query -W -f '${Status}\t${Package}\n${Status}\t${binary:Package}\n' |
    sed -n 's/^[a-z]* ok installed\t//p' |
    { grep -vxF -f - "$SEED/packages.list" || [ "$?" -eq 1 ]; }
}

# Packages that dpkg began with and did not finish, one a line.
unfinished() {
  dpkg-query -W -f '${Status}\t${Package}\n' |
    sed -n -E 's/^[a-z]+ (reinstreq [a-z-]+|ok (half-installed|unpacked|half-configured|triggers-[a-z]+))\t//p'
}

# Those of them whose files are in doubt: configuring them is not enough.
half_installed() {
  dpkg-query -W -f '${Status}\t${Package}\n' |
    sed -n -E 's/^[a-z]+ (reinstreq [a-z-]+|ok half-installed)\t//p'
}

# A power cut in the middle of dpkg also shows in its journal.
needs_repair() {
  [ -n "$(unfinished)" ] || [ -n "$(ls -A "$ROOT/var/lib/dpkg/updates" 2>/dev/null)" ]
}

# Puts a policy in place that forbids every start. One of the operator's is put aside.
hold_services() {
  local ours
  if [ -e "$POLICY" ] && ! policy_is_ours; then mv -f "$POLICY" "$ASIDE"; fi
  ours=$(printf '#!/bin/sh\n%s\nexit 101' "$MARK")
  write_file "$POLICY" 0755 <<<"$ours" || [ "$?" -eq 1 ]
}

policy_is_ours() {
  grep -qxF -e "$MARK" "$POLICY" 2>/dev/null
}

# Also what a run that was cut off left behind.
release_services() {
  if policy_is_ours; then rm -f "$POLICY"; fi
  if [ -e "$ASIDE" ] && [ ! -e "$POLICY" ]; then mv -f "$ASIDE" "$POLICY"; fi
}

# Runs a program; its output goes to the log and to SAID.
run() {
  mkdir -p "${SAID%/*}"
  "$@" </dev/null 2>&1 | tee "$SAID" >&2
}

said() {
  grep -qE -e "$1" "$SAID"
}

# apt and dpkg lock by fcntl, which flock(1) cannot see: /proc/locks tells who has the file.
wait_for_locks() {
  local path pid name
  for path in lib/dpkg/lock-frontend lib/dpkg/lock lib/apt/lists/lock cache/apt/archives/lock; do
    pid=$(lock_holder "$ROOT/var/$path")
    [ -n "$pid" ] || continue
    name=$(cat "$ROOT/proc/$pid/comm" 2>/dev/null || printf 'a program')
    waiting "for $name (pid $pid), which holds /var/$path"
  done
}

lock_holder() {
  local path=$1 inode kind pid where fd
  inode=$(stat -c %i "$path" 2>/dev/null) || return 0
  while read -r _ kind _ _ pid where _; do
    if [ "$kind" != POSIX ] || [ "${where##*:}" != "$inode" ]; then continue; fi
    for fd in "$ROOT/proc/$pid/fd"/*; do
      [ "$fd" -ef "$path" ] || continue
      printf '%s' "$pid"
      return 0
    done
  done <"$ROOT/proc/locks"
}

# Repairs what a power cut or a failed run left. Each step may need the other, so only what stands
# at the end counts.
repair() {
  local broken
  log "repairing packages that were left unfinished: $(unfinished | tr '\n' ' ')"
  run dpkg --force-confdef --force-confold --configure -a || true
  mapfile -t broken < <(half_installed)
  if [ "${#broken[@]}" -gt 0 ]; then
    fetch_lists
    run "${APT_GET[@]}" install --reinstall "${broken[@]}" || explain
  fi
  run "${APT_GET[@]}" --no-install-recommends -f install || explain
  ! needs_repair || explain
}

# apt-get update succeeds when a source fails. Installing without one could take a package from the
# wrong release, so every source has to answer.
fetch_lists() {
  # What a power cut left of a list would be taken for the whole of it.
  find "$LISTS" -maxdepth 1 -type f -size 0 ! -name lock -delete 2>/dev/null || true
  run "${APT_GET[@]}" update || explain
  ! said '^(E:|Err:|W: (Failed to fetch|GPG error|Some index files))' || explain
}

# Answers to the questions of packages, by the components that install them.
preseed() {
  local path
  for path in "$SEED"/components/*/debconf; do
    [ ! -f "$path" ] || run debconf-set-selections "$path"
  done
}

install_packages() {
  run "${APT_GET[@]}" --no-install-recommends install "$@" || explain
  rm -f "$NOT_FOUND"
}

# Ends the script with what SAID shows to be wrong, after mending what can be mended.
explain() {
  local text
  if said 'Could not get lock|Unable to (acquire|lock)|is another process using it'; then
    wait_for_locks
    waiting 'for another program that holds a lock of apt'
  elif said 'No space left on device|not enough free space'; then
    halt 'the disk is full'
  elif said 'Hash Sum mismatch|MergeList|could not be parsed or opened|Unable to parse package file'; then
    forget_lists
    waiting "for the package lists, which were torn and are fetched anew"
  elif said 'unexpected end of (file|archive)|not a Debian format archive|corrupted filesystem tarfile'; then
    run apt-get clean || true
    waiting 'for packages that arrived torn and are fetched anew'
  elif said 'is not valid yet'; then
    waiting "for the clock: it says $(date -u +%FT%TZ), which is before the mirror's lists were made"
  elif said 'NO_PUBKEY|is not signed|signatures (were invalid|couldn.t be verified)'; then
    halt "a source of packages has no good signature: $(last_error)"
  elif text=$(failed_fetch) && [ -n "$text" ]; then
    waiting "for the mirror $text"
  elif text=$(not_found) && [ -n "$text" ]; then
    if [ -e "$NOT_FOUND" ]; then halt "no source has the packages $text"; fi
    touch "$NOT_FOUND"
    forget_lists
    waiting "for new package lists, since those here do not have $text"
  fi
  text=$(unfinished | tr '\n' ' ')
  log "${text:+not configured: $text- }$(last_error)"
  exit 1
}

forget_lists() {
  find "$LISTS" -mindepth 1 ! -name lock ! -type d -delete
}

# "HOST: why" of the first download that failed.
failed_fetch() {
  sed -n -E 's/^[EW]: Failed to fetch [a-z+]+:\/*([^/@ ]*@)?([^/ ]+)[^ ]* +(.*)$/\2: \3/p;T;q' "$SAID"
}

not_found() {
  sed -n -E -e "s/^E: Unable to locate package (.*)$/\1/p" \
    -e "s/^E: Package '(.*)' has no installation candidate$/\1/p" "$SAID" | sort -u | paste -s -d ' '
}

last_error() {
  { grep -E '^(E:|dpkg: error|W:)' "$SAID" || tail -n 1 "$SAID"; } | tail -n 1
}

# Among the settings that cloud-init applies at a first boot are those of apt, and answers for debconf.
wait_for_cloud_init() {
  local job
  while job=$(systemctl show -p Job cloud-config.service 2>/dev/null) && [ -n "${job#Job=}" ]; do
    [ "${job#Job=}" != 0 ] || return 0
    sleep 0.5
  done
}

main() {
  local wanted
  release_services
  mapfile -t wanted < <(missing)
  if [ "${#wanted[@]}" -eq 0 ] && ! needs_repair; then return 0; fi
  wait_for_cloud_init
  wait_for_locks
  trap release_services EXIT
  hold_services
  if needs_repair; then
    repair
    mapfile -t wanted < <(missing)
  fi
  if [ "${#wanted[@]}" -gt 0 ]; then
    log "installing ${wanted[*]}"
    fetch_lists
    preseed
    install_packages "${wanted[@]}"
  fi
  sync
}

"${MAIN:-main}" "$@"
