#!/bin/bash
# Installs the Debian packages that are named, or listed one a line in a file (-f FILE), and still missing.
# Reads dpkg's database; changes the system through apt-get, with sudo where it does not run as root.
set -eu
set -o pipefail

usage() {
  echo "usage: ${0##*/} PACKAGE... | -f FILE" >&2
  exit 2
}

# The lines of a list, without comments and blanks.
listed() {
  sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$1"
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "these packages are missing, and installing them needs root or sudo: ${missing[*]}" >&2
    exit 1
  fi
}

main() {
  local packages=() package
  missing=()
  case "${1:-}" in
    '') usage ;;
    -f) [ $# = 2 ] || usage; mapfile -t packages < <(listed "$2") ;;
    *) packages=("$@") ;;
  esac
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "there is no apt-get here; install what these Debian packages hold by hand: ${packages[*]}" >&2
    exit 1
  fi
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}"
}

"${MAIN:-main}" "$@"
