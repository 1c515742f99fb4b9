import type { Rule } from './rules.ts';

/** The host's own address, which some programs want to find on this machine. */
const onItsAddress = `
set -e -a
. /etc/stackseed/node.env
ip address add "$STACKSEED_MANAGE_ADDRESS/24" dev lo 2> /dev/null || true`;

/** One list of Erlang terms, as Erlang itself reads it. */
const erlangTerms = `
erl -noinput -boot no_dot_erlang -eval '
  case file:consult(os:getenv("FILE")) of
    {ok, [List]} when is_list(List) -> halt(0);
    Wrong -> io:format("~p~n", [Wrong]), halt(1)
  end.'`;

/** As RabbitMQ does when it starts: its own schema says what there is, and what each value may be. */
const rabbitSchema = `
erl -noinput -boot no_dot_erlang -pa /usr/lib/rabbitmq/lib/*/plugins/*/ebin -eval '
  Schema = cuttlefish_schema:files(filelib:wildcard("/usr/lib/rabbitmq/lib/*/plugins/rabbit-*/priv/schema/*.schema")),
  case cuttlefish_conf:files([os:getenv("FILE")]) of
    {errorlist, Wrong} -> io:format("~p~n", [Wrong]), halt(1);
    Read -> case cuttlefish_generator:map(Schema, Read) of
      Made when is_list(Made) -> halt(0);
      Wrong -> io:format("~p~n", [Wrong]), halt(1)
    end
  end.'`;

/** The template is filled in as on the node, by the component's own module; the file in /etc/redis is what runs. */
const laidForRedis = `
${onItsAddress}
python3 -I -B -c '
import os, sys
sys.path.insert(0, "/usr/local/lib/stackseed/py")
import redis_conf
own = os.environ["STACKSEED_MANAGE_ADDRESS"]
redis_conf.lay("", own, own)'`;

/** Neither has a check: it must start and answer. */
const answers = (options: string, port: number) => `
${laidForRedis}
password=$(sed -n 's/^requirepass //p' "/etc/redis/$(basename "$1")")
[ -z "$password" ] || export REDISCLI_AUTH=$password
redis-server "/etc/redis/$(basename "$1")" --daemonize no ${options} > /tmp/redis.said 2>&1 &
said=
for try in $(seq 40); do
  said=$(redis-cli --no-auth-warning -h "$STACKSEED_MANAGE_ADDRESS" -p ${port} ping 2>&1) || true
  [ "$said" != PONG ] && kill -0 $! 2> /dev/null || break
  sleep 0.1
done
kill $! || true
wait || true
[ "$said" = PONG ] || { echo "$said"; cat /tmp/redis.said; false; }`;

export const clusterRules: Rule[] = [
  {
    judge: 'json.tool',
    path: /^\/etc\/stackseed\/(cluster|galera|rabbitmq|report)\.json$/,
    command: 'python3 -m json.tool "$1" > /dev/null',
  },
  {
    judge: 'grep',
    path: /^(\/etc\/stackseed\/(corosync|peers|report)\.key|\/var\/lib\/rabbitmq\/\.erlang\.cookie)$/,
    command: 'grep -qxE "[0-9a-f]{64}" "$1" && [ "$(wc -l < "$1")" = 1 ]',
  },
  {
    judge: 'openssl verify',
    path: /^\/etc\/(mysql|rabbitmq)\/stackseed\/[^/]+\.crt$/,
    // The authority by itself; a host's for its name and address, as server and as client.
    command: `
set -e
. /etc/stackseed/node.env
authority=$(dirname "$1")/ca.crt
case $1 in
  */ca.crt) openssl verify -x509_strict -CAfile "$1" "$1" ;;
  *) for purpose in sslserver sslclient; do
    openssl verify -x509_strict -purpose $purpose -verify_hostname "$STACKSEED_HOST" -CAfile "$authority" "$1"
    openssl verify -purpose $purpose -verify_ip "$STACKSEED_MANAGE_ADDRESS" -CAfile "$authority" "$1"
  done ;;
esac`,
  },
  {
    judge: 'openssl pkey',
    path: /^\/etc\/(mysql|rabbitmq)\/stackseed\/[^/]+\.key$/,
    command: `
set -e
key=$(openssl pkey -in "$1" -pubout)
[ "$key" = "$(openssl x509 -in "\${1%.key}.crt" -noout -pubkey)" ] || { echo 'not the key of its certificate'; false; }`,
  },
  {
    judge: 'mariadbd',
    path: /^\/etc\/mysql\/stackseed\/galera\.cnf$/,
    // A plugin that it has not got it only reports; auth_socket is built in here, and a file on Ubuntu 16.04.
    command: `
set -e
mkdir -p /var/lib/mysql/data
said=$(mariadbd --defaults-extra-file="$1" --user=mysql --wsrep-cluster-address=gcomm:// --verbose --help 2>&1 > /dev/null) || { echo "$said"; exit 1; }
! grep "Couldn't load plugin" <<< "$said" | grep -v auth_socket
my_print_defaults --defaults-file="$1" sst | grep -q -e --sockopt=,bind=`,
  },
  {
    judge: 'haproxy',
    path: /^\/etc\/haproxy\/stackseed\.d\/[^/]+\.cfg$/,
    // Puts the fragments together as on the node, and asks haproxy -c.
    command: `
bash /usr/local/lib/stackseed/haproxy-config 2> /dev/null && haproxy -c -q -f /etc/haproxy/haproxy.cfg ||
  { cat /etc/haproxy/stackseed.d/*.cfg > /tmp/haproxy.cfg; haproxy -c -f /tmp/haproxy.cfg; false; }`,
  },
  {
    judge: 'corosync',
    path: /^\/etc\/corosync\/corosync\.conf$/,
    // It wants its key and its own address. Corosync 3 encrypts over knet alone: without the two lines it judges
    // the rest of what is for Corosync 2.
    command: `
${onItsAddress}
mkdir -p /var/lib/corosync
head -c 128 /dev/zero > /etc/corosync/authkey
sed 's/to_stderr: no/to_stderr: yes/' "$1" > /tmp/corosync.conf
! grep -q 'transport: udpu' "$1" || sed -i '/crypto_/d' /tmp/corosync.conf
corosync -t -c /tmp/corosync.conf`,
  },
  {
    judge: 'crm_verify',
    path: /^\/etc\/stackseed\/pacemaker\.xml$/,
    command: `
python3 -I -B /usr/local/lib/stackseed/py/cib.py assemble > /tmp/cib.xml || { cat /tmp/cib.xml; exit 1; }
said=$(crm_verify -V --xml-file /tmp/cib.xml 2>&1) && [ -z "$said" ] || { echo "$said"; false; }`,
  },
  {
    judge: 'crm_resource',
    path: /^\/usr\/lib\/ocf\/resource\.d\/stackseed\//,
    command: 'crm_resource --show-metadata "ocf:stackseed:$(basename "$1")" | grep -q "<parameter name=.ip."',
  },
  {
    judge: 'erl',
    path: /^\/etc\/rabbitmq\/stackseed\/[^/]+\.config$/,
    command: `export FILE="$1"\n${erlangTerms}`,
  },
  {
    judge: 'cuttlefish',
    path: /^\/etc\/rabbitmq\/stackseed\/rabbitmq\.conf$/,
    command: `export FILE="$1"\n${rabbitSchema}`,
  },
  {
    judge: 'redis-server',
    path: /^\/etc\/stackseed\/redis\.conf$/,
    command: answers('', 6379),
  },
  {
    judge: 'redis-sentinel',
    path: /^\/etc\/stackseed\/sentinel\.conf$/,
    command: answers('--sentinel', 26379),
  },
];
