#!/bin/bash
# Says how this controller stands in the message queue, and whether clients are served here. Asks RabbitMQ
# for its greeting.
set -eu

ROOT=${ROOT:-}
# shellcheck source=/dev/null
. "${STACKSEED_LIB:-/usr/local/lib/stackseed}/lib.sh"

main() {
  exec python3 -I -S -B "$ROOT/usr/local/lib/stackseed/py/rabbitmq_health.py"
}

"${MAIN:-main}" "$@"
