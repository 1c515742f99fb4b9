#!/bin/bash
# Runs the exporter. Reads /etc/default/prometheus-node-exporter; changes its service.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  have_unit prometheus-node-exporter.service || waiting 'package prometheus-node-exporter is not installed'
  restart_if_changed prometheus-node-exporter.service
}

"${MAIN:-main}" "$@"
