# shellcheck shell=bash
# Run in a Debian 12 with MariaDB, with the programs of database-dump in place: dumps databases, spoils them, brings them
# back. Prints "NAME: WORDS" for dump.test.ts.
set -u

DATA=/run/data
DUMPS=/var/backups/stackseed

say() {
  printf '%s: %s\n' "$1" "$2"
}

start() {
  ip link set lo up
  mkdir -p /run/mysqld
  chown mysql /run/mysqld
  install -d -o mysql "$DATA"
  mariadb-install-db --no-defaults --user=mysql --datadir="$DATA" --rpm \
    --auth-root-authentication-method=socket >/run/log 2>&1
  mariadbd --no-defaults --user=mysql --datadir="$DATA" --socket=/run/mysqld/mysqld.sock --skip-networking \
    --wsrep-on=1 --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-address=gcomm:// \
    --wsrep-node-address=127.0.0.1 \
    --wsrep-provider-options="base_host=127.0.0.1;gmcast.listen_addr=tcp://127.0.0.1:4567" \
    --binlog-format=ROW --innodb-autoinc-lock-mode=2 >>/run/log 2>&1 &
  for _ in $(seq 120); do
    [ "$(mariadb -BNe "SHOW STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null | cut -f 2)" != Synced ] || return 0
    sleep 0.5
  done
  cat /run/log
}

fill() {
  local name
  mariadb -e 'CREATE DATABASE stackseed; CREATE TABLE stackseed.step (a INT PRIMARY KEY)'
  for name in cinder nova_api; do
    mariadb -e "CREATE DATABASE $name; USE $name;
      CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(200), b BLOB);
      INSERT INTO t (v, b) SELECT CONCAT('ä\`', seq), UNHEX('00ff27') FROM seq_1_to_3000;
      CREATE VIEW w AS SELECT v FROM t; CREATE PROCEDURE p() SELECT 'called'"
  done
}

state() {
  local name
  for name in cinder nova_api; do
    mariadb -BNe "CHECKSUM TABLE $name.t; SELECT COUNT(*) FROM $name.w; CALL $name.p(); SHOW TABLES IN $name"
  done
}

spoil() {
  mariadb -e "DELETE FROM nova_api.t; CREATE TABLE nova_api.more (a INT PRIMARY KEY); DROP DATABASE IF EXISTS cinder;
    INSERT IGNORE INTO stackseed.step VALUES (1)"
}

dump() {
  bash /usr/local/sbin/stackseed-database-dump "$@" 2>&1 | tail -n 1
}

restore() {
  local said status=0
  said=$(bash /usr/local/sbin/stackseed-database-restore "$@" 2>&1) || status=$?
  printf '%s %s\n' "$status" "$(tail -n 1 <<<"$said")"
}

# What HAProxy says on its socket: clients are sent to the server with this id.
written_to() {
  mkdir -p /usr/local/bin
  cat >/usr/local/bin/socat <<END
#!/bin/bash
read -r words
case \$words in
  'show table'*) echo '0x5581: key=3306 use=0 exp=0 server_id=$1' ;;
  *) printf '# pxname,svname,sid,\nstackseed-database,cnt1,307,\nstackseed-database,cnt2,308,\nother,cnt9,308,\n' ;;
esac
END
  chmod 755 /usr/local/bin/socat
}

start
say 'nothing yet' "$(mariadb -e 'DROP DATABASE test'; dump)"
mariadb -e 'CREATE DATABASE test'
fill
before=$(state)
written_to 308
say dump "$(dump --nightly | sed 's/[0-9]* bytes/N bytes/; s/-[0-9]*-[0-9T-]*/-TIME/')"
say mode "$(stat -c %a "$DUMPS"/*.sql.gz)"
file=$(ls "$DUMPS"/*.sql.gz)
spoil
say one "$(restore "$file" cinder)"
say 'others are left' "$(mariadb -BNe 'SELECT COUNT(*) FROM nova_api.t; SELECT COUNT(*) FROM cinder.t' | tr '\n' ' ')"
spoil
say all "$(restore "$file")"
[ "$(state)" = "$before" ] && say same yes
say steps "$(mariadb -BNe 'SELECT COUNT(*) FROM stackseed.step')"
head -c 1000 "$file" >/run/cut.gz
say cut "$(restore /run/cut.gz)"
say unknown "$(restore "$file" keystone | cut -d ' ' -f 1)"
[ "$(state)" = "$before" ] && say 'nothing was dropped' yes
touch -d '20 days ago' "$DUMPS/cnt1-2026-01-01T000000.sql.gz"
dump --nightly >/dev/null
say old "$(find "$DUMPS" -name '*2026-01-01*' | wc -l)"
rm "$DUMPS"/*.sql.gz
written_to 307
say alone "$(dump --nightly | cut -d ' ' -f 1)"
# As it is with others in the cluster.
cat >/usr/local/bin/mariadb <<'END'
#!/bin/bash
case $* in *wsrep_cluster_size*) printf 'wsrep_cluster_size\t3\n' ;; *) exec /usr/bin/mariadb "$@" ;; esac
END
chmod 755 /usr/local/bin/mariadb
rm -f "$DUMPS"/*.sql.gz
say writer "$(dump --nightly); $(find "$DUMPS" -name '*.gz' | wc -l)"
say 'by hand' "$(dump | cut -d ' ' -f 1)"
kill %1
