#!/bin/bash
# Says whether every package of the seed is installed. Reads packages.list and dpkg's records.
set -eu -o pipefail

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local list=$ROOT/var/lib/stackseed/seed/packages.list missing
  mapfile -t missing < <(
    dpkg-query -W -f '${Status}\t${Package}\n${Status}\t${binary:Package}\n' |
      sed -n 's/^[a-z]* ok installed\t//p' | grep -vxF -f - "$list"
  )
  if [ "${#missing[@]}" -gt 0 ]; then
    printf '%d not installed: %s\n' "${#missing[@]}" "${missing[*]}"
    return 1
  fi
  printf '%d packages installed\n' "$(wc -l <"$list")"
}

"${MAIN:-main}" "$@"
