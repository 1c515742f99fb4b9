#!/bin/bash
# Makes the users of the inventory. Reads /etc/stackseed/users; changes accounts, their authorized_keys,
# /etc/sudoers.d/stackseed-* and a record of the users that it looked after. Who left the inventory is
# locked, not deleted.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

USERS=$ROOT/etc/stackseed/users
# One file a user; it says `password` where the inventory gave one.
RECORD=$COMPONENT_KEPT/users

# Field of passwd (7: shell, 6: home, 3: uid) or shadow (2: password) of a user.
field() {
  getent "$1" "$2" | cut -d : -f "$3"
}

# What the list says of a user: `listed USER WORD` prints the values, one a line.
listed() {
  awk -v user="$1" -v word="$2" '
    $1 == "user" { mine = ($2 == user) }
    mine && $1 == word { sub(/^[^ ]+ /, ""); print }' "$USERS"
}

make_account() {
  local user=$1 shell
  shell=$(listed "$user" shell)
  if ! getent passwd "$user" >/dev/null; then
    log "making user $user"
    if getent group "$user" >/dev/null; then
      useradd --create-home --shell "$shell" --gid "$user" "$user"
    else
      useradd --create-home --shell "$shell" --user-group "$user"
    fi
  fi
  [ "$(field passwd "$user" 7)" = "$shell" ] || usermod --shell "$shell" "$user"
  # Field 8 is the expiry date that lock_account sets.
  [ -z "$(field shadow "$user" 8)" ] || usermod --expiredate '' "$user"
}

# The inventory takes away a password that it gave; one that was never its own stays.
set_password() {
  local user=$1 hash
  hash=$(listed "$user" password)
  if [ -n "$hash" ]; then
    [ "$(field shadow "$user" 2)" = "$hash" ] || printf '%s:%s\n' "$user" "$hash" | chpasswd --encrypted
    printf 'password\n' >"$RECORD/$user"
  elif [ -s "$RECORD/$user" ]; then
    log "user $user has no password any more"
    usermod --lock "$user"
    : >"$RECORD/$user"
  fi
}

# As the user, not as root: see authorized-keys.
set_keys() {
  local user=$1 home
  home=$(field passwd "$user" 6)
  listed "$user" key |
    runuser -u "$user" -- bash "$ROOT/usr/local/lib/stackseed/authorized-keys" "$ROOT$home"
}

# cloud-init gave sudo as well when it made the user. The file is ours from now on, its line is not.
set_sudo() {
  local user=$1 ours=$ROOT/etc/sudoers.d/stackseed-$1 theirs=$ROOT/etc/sudoers.d/90-cloud-init-users rest
  if [ -f "$theirs" ] && grep -q "^$user " "$theirs"; then
    rest=$(grep -v -e "^$user " -e "^# User rules for $user\$" "$theirs" || true)
    printf '%s\n' "$rest" | write_sudoers "$theirs"
  fi
  if [ "$(listed "$user" sudo)" = true ]; then
    printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$user" | write_sudoers "$ours"
  else
    rm -f "$ours"
  fi
}

# A sudoers file with an error in it takes sudo from everybody, so it is checked before it is in place.
write_sudoers() {
  local path=$1 draft verdict=0
  draft=$(mktemp)
  cat >"$draft"
  if command -v visudo >/dev/null; then
    visudo -c -q -f "$draft" || verdict=$?
  fi
  if [ "$verdict" -eq 0 ]; then
    mkdir -p "${path%/*}"
    write_file "$path" 0440 <"$draft" || [ "$?" -eq 1 ]
  fi
  rm -f "$draft"
  [ "$verdict" -eq 0 ] || halt "visudo refuses what ${path##*/} would be"
}

# Root and system accounts are never locked, whatever the inventory once said of them.
lock_account() {
  local user=$1
  rm -f "$ROOT/etc/sudoers.d/stackseed-$user"
  getent passwd "$user" >/dev/null || return 0
  [ "$(field passwd "$user" 3)" -ge 1000 ] || return 0
  [ "$(field shadow "$user" 8)" != 1 ] || return 0
  log "user $user left the inventory: locking the account"
  # An expired account is closed to SSH keys as well, which a locked password is not.
  usermod --lock --expiredate 1970-01-02 "$user"
}

main() {
  local names user path
  names=$(awk '$1 == "user" { print $2 }' "$USERS")
  mkdir -p "$RECORD"
  for user in $names; do
    # A name that is no user name would be a line of its own in sudoers: refuse it here as well.
    [[ $user =~ ^[a-z_][a-z0-9_-]*$ ]] || halt "'$user' is not a user name"
    [ -e "$RECORD/$user" ] || : >"$RECORD/$user"
    make_account "$user"
    set_password "$user"
    set_keys "$user"
    set_sudo "$user"
  done
  for path in "$RECORD"/*; do
    [ -e "$path" ] || continue
    grep -qxF "${path##*/}" <<<"$names" || lock_account "${path##*/}"
  done
}

"${MAIN:-main}" "$@"
