#!/bin/bash
# Run inside a root filesystem with MariaDB: one controller alone, with a systemctl that knows as much of
# units as this needs. Prints a line for each thing that the test looks at.
set -u
LIB=/usr/local/lib/stackseed/py
py() { python3 -I -S -B "$LIB/$1.py" "${@:2}"; }
join() { STACKSEED_WHY=/run/why timeout 60 python3 -I -S -B $LIB/galera_join.py 2>/run/join.log; }
ask() { curl -s -m 3 -w '%{http_code} ' http://127.0.0.1:9200/ -o /run/answer; cat /run/answer; }
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }

ip addr add 192.168.1.51/32 dev lo
mkdir -p /run/stackseed /etc/mysql/stackseed
cd /etc/mysql/stackseed || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout galera.key -out ca.crt \
  -subj /CN=cnt1 -days 2 2>/dev/null
cp ca.crt galera.crt
chown mysql galera.key
cd /

python3 -I -S -c '
import os, socket
listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listening.bind(("127.0.0.1", 9200))
listening.listen(16)
if listening.fileno() != 3:
    os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.execv("/usr/bin/python3", ["python3", "-I", "-S", "-B", "/usr/local/lib/stackseed/py/clustercheck.py"])
' 2>/run/gate.log &
gate=$!
sleep 0.5

echo "before: $(ask)"
join
echo "join: $? $(cat /run/why)"
echo "gate: $(ask)"
echo "health: $(py galera_health) $?"
echo "listens: $(ss -ltnH | awk '{print $4}' | grep -E ':(3306|4567)$' | sort | tr '\n' ' ')"
echo "accounts: $(mariadb -N -e "SELECT group_concat(user, '@', host ORDER BY user) FROM mysql.global_priv WHERE json_value(priv, '$.account_locked') IS NULL OR json_value(priv, '$.account_locked') = 0")"
echo "login: $(setpriv --reuid=65534 --clear-groups mariadb -u root -e 'SELECT 1' 2>&1 | tail -n 1)"
mariadb -e 'CREATE SCHEMA app; CREATE TABLE app.t (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO app.t VALUES (1), (2)'
echo "flush: $(mariadb -N -e 'SELECT @@innodb_flush_log_at_trx_commit, @@binlog_format, @@skip_name_resolve, @@character_set_server, @@have_ssl')"

token=$(py step claim nova 1)
echo "claim: $? ${#token}"
echo "again: $([ "$token" = "$(py step claim nova 1)" ] && echo same)"
py step check nova 1 "$token"
echo "check: $?"
py step 'done' nova 1 00000000000000000000000000000000
echo "stranger: $?"
mariadb -e "INSERT INTO stackseed.step VALUES ('cib', 4, 'cnt9', 'b', 'theirs', 'begun', 0)"
taken=$(py step claim cib 4)
echo "owner is gone: $? ${#taken}"
mariadb -e "UPDATE stackseed.step SET boot = 'before', token = 'mine' WHERE name = 'nova'"
py step check nova 1 "$token"
echo "taken: $?"
token=$(py step claim nova 1)
py step 'done' nova 1 "$token"
echo "done: $? $(py step state nova 1)"
py step claim nova 1
echo "claim after done: $?"
py step claim "a'b" 1 2>/dev/null
echo "no plain name: $?"
python3 -I -S -B /usr/local/lib/stackseed/turns.py 2>&1

used=$(ticks $gate)
for _ in $(seq 25); do ask >/dev/null; sleep 0.2; done
echo "ticks for 25: $(($(ticks $gate) - used))"

kill -STOP "$(cat /run/pid)"
echo "stopped: $(ask)"
py step claim slow 1 2>/dev/null
echo "step while it hangs: $?"
kill -CONT "$(cat /run/pid)"
sleep 0.7
echo "goes on: $(ask)"

py galera_daemon leave
echo "left: $(ask)"
join
status=$?
# An answer of the gate serves all who ask within a fifth of a second.
sleep 0.3
echo "back: $status $(ask)"

kill -9 "$(cat /run/pid)"
sleep 0.3
rm -f /run/mysqld/mysqld.pid
echo "killed: $(ask)"
history=$(sed -n 's/.*"history": "\(.*\)",/\1/p' /var/lib/mysql/stackseed/state.json | tail -n 1)
join
echo "recovered: $? $(ask)"
echo "same history: $(grep -c "$history" /var/lib/mysql/stackseed/state.json | sed 's/[1-9]/yes/')"
echo "rows: $(mariadb -N -e 'SELECT count(*) FROM app.t')"

kill -9 "$(cat /run/pid)"
sleep 0.3
printf '{"state": "BL' >/var/lib/mysql/stackseed/state.json
join
echo "torn: $? $(cat /run/why)"
echo "alive: $(systemctl show -p ActiveState mariadb.service)"
cat /run/join.log >&2
