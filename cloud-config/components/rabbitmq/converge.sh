#!/bin/bash
# Brings RabbitMQ into its cluster by the join loop, which returns when this controller serves. Reads
# /etc/stackseed/rabbitmq.json and cluster.json; changes RabbitMQ, its data and record, its unit, and the
# table that shuts its port while it is no member.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  local status=0
  have_unit "$RABBITMQ_UNIT" || waiting "no $RABBITMQ_UNIT: package rabbitmq-server is not installed"
  [ -d "$ROOT/var/lib/rabbitmq" ] || waiting 'for /var/lib/rabbitmq, which the package makes'
  # A unit that a package enabled may have been started before the drop-ins lay.
  reload_unit "$RABBITMQ_UNIT"
  enable_now stackseed-rabbitmq-watch.timer
  enable_now stackseed-rabbitmq-elect.timer
  python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/rabbitmq_join.py" || status=$?
  exit "$status"
}

"${MAIN:-main}" "$@"
