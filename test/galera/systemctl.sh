#!/bin/bash
# Stands for systemd: one unit, whose drop-in says what is done here.
verb='' unit=''
for word; do
  case $word in
    -* | ActiveState) ;;
    *) if [ -z "$verb" ]; then verb=$word; else unit=$word; fi ;;
  esac
done
alive() { [ -s /run/pid ] && kill -0 "$(cat /run/pid)" 2>/dev/null; }
case $verb-$unit in
  show-mariadb.service) if alive; then echo ActiveState=active; else echo ActiveState=inactive; fi ;;
  show-*) echo ActiveState=activating ;;
  start-mariadb.service)
    [ -e /run/stackseed/allow/galera ] || exit 1
    rm -f /run/stackseed/allow/galera /run/stackseed/galera/position.json
    # shellcheck source=/dev/null
    . /run/stackseed/galera/start
    read -ra options <<<"$STACKSEED_GALERA"
    setsid mariadbd --defaults-extra-file=/etc/mysql/stackseed/galera.cnf --user=mysql "${options[@]}" \
      </dev/null >>/run/mariadbd.log 2>&1 &
    echo $! >/run/pid
    ;;
  is-system-running-) echo running ;;
esac
