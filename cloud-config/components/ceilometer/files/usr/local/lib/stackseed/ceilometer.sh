#!/bin/bash
# Sourced by the scripts of the component ceilometer.

NOTIFICATION=ceilometer-agent-notification.service

# Whether the notification agent runs without what it should send to. One that cannot reach Keystone or Gnocchi in the
# moment of its start logs that, runs on, and drops all samples until it is started anew (ceilometer/pipeline/base.py).
has_no_publisher() {
  local since
  since=$(TZ=UTC systemctl show -p ActiveEnterTimestamp "$NOTIFICATION")
  since=${since#ActiveEnterTimestamp=}
  [ -n "$since" ] || return 1
  TZ=UTC journalctl -q -u "$NOTIFICATION" --since "$since" -o cat --no-pager | grep -qF 'Unable to load publisher'
}
