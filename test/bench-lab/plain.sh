#!/bin/bash
# Starts a controller's clusters step by step, for a program that knows the order: plain.sh VERB [WORD…].
# Reads the configuration that was laid by stackseed; changes the daemons, their data and /run/stackseed.
set -eu

DATA=/var/lib/mysql/data
RUN=/run/stackseed/galera

allow() {
  mkdir -p /run/stackseed/allow
  touch "/run/stackseed/allow/$1"
}

until_so() {
  local tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { printf 'not so: %s\n' "$*" >&2; return 1; }
    sleep 0.2
  done
}

database_start() {
  mkdir -p "$RUN"
  install -o mysql -g mysql /dev/null "$RUN/notify"
  install -o mysql -g mysql /dev/null "$RUN/refused"
  install -d -o mysql -g mysql /run/mysqld
  printf 'STACKSEED_GALERA="--wsrep-cluster-name=plain %s"\n' "$*" >"$RUN/start"
  allow galera
  systemctl start mariadb.service
  until_so synced
}

synced() {
  [ "$(mariadb -BNe "SELECT variable_value FROM information_schema.global_status
    WHERE variable_name = 'wsrep_local_state_comment'" 2>/dev/null)" = Synced ]
}

database_first() {
  install -d -m 0700 -o mysql -g mysql "$DATA"
  mariadb-install-db --no-defaults --user=mysql --datadir="$DATA" --skip-test-db \
    --auth-root-authentication-method=socket --rpm >/dev/null
  printf '# GALERA saved state\nversion: 2.1\nuuid:    %s\nseqno:   0\nsafe_to_bootstrap: 1\n' "$1" \
    >"$DATA/grastate.dat"
  chown mysql:mysql "$DATA/grastate.dat"
  database_start --wsrep-cluster-address=gcomm:// "--wsrep-start-position=$1:0" --wsrep-new-cluster
}

database_join() {
  install -d -m 0700 -o mysql -g mysql "$DATA"
  mkdir -p "$RUN"
  touch "$RUN/may-copy"
  database_start "--wsrep-cluster-address=gcomm://$1"
}

# With the whole configuration there from the start, nobody has to load it.
cluster() {
  local cib=/var/lib/pacemaker/cib
  allow corosync
  allow pacemaker
  allow haproxy
  systemctl start corosync.service
  install -d -m 0750 -o hacluster -g haclient "$cib"
  python3 -I /usr/local/lib/stackseed/py/cib.py assemble >"$cib/cib.xml"
  chown hacluster:haclient "$cib/cib.xml"
  chmod 0600 "$cib/cib.xml"
  systemctl start pacemaker.service
}

cluster_up() {
  until_so resources "$1"
}

# HAProxy on so many hosts, and both addresses.
resources() {
  local said
  said=$(crm_mon --one-shot --inactive 2>/dev/null) || return 1
  [ "$(grep -c 'stackseed:address.*Started' <<<"$said")" -eq 2 ] &&
    [ "$(sed -n 's/.*Started: \[ \(.*\) \].*/\1/p' <<<"$said" | wc -w)" -eq "$1" ]
}

queue() {
  allow rabbitmq
  systemctl start rabbitmq-server.service
}

queue_join() {
  rabbitmqctl -q stop_app
  rabbitmqctl -q join_cluster "rabbit@$1"
  rabbitmqctl -q start_app
  rabbitmqctl -q await_startup
}

redis() {
  allow redis
  systemctl start redis-server.service redis-sentinel.service
  until_so linked
}

linked() {
  local said
  said=$(REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/redis/redis.conf | tr -d '"') redis-cli \
    -h "$(sed -n 's/^bind \([^ ]*\).*/\1/p' /etc/redis/redis.conf | tr -d '"')" info replication 2>/dev/null)
  grep -q -E '^(role:master|master_link_status:up)' <<<"$said"
}

"$@"
