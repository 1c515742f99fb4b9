"""Starts and stops mariadbd, and what systemd runs when it goes.

    galera_daemon.py leave   before it is stopped: takes this host out of those that serve
    galera_daemon.py ended   after it ended, however: wakes the join loop
    galera_daemon.py look    Galera told a change: wakes the join loop when this host fell out of service
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import galera_data  # noqa: E402
import galera_live  # noqa: E402
import galera_state  # noqa: E402
import sql  # noqa: E402

ALLOW = '/run/stackseed/allow/galera'
LOOP = 'stackseed@galera.service'
# Seconds in which every HAProxy has asked clustercheck again.
GATES_CLOSE = 3
# Where full copies are received, by turns.
COPY_PORTS = range(4444, 4452)

MEMBER = """CREATE TABLE IF NOT EXISTS stackseed.member (
  host VARCHAR(64) CHARACTER SET ascii PRIMARY KEY,
  node_uuid CHAR(36) CHARACTER SET ascii NOT NULL,
  boot CHAR(36) CHARACTER SET ascii NOT NULL) ENGINE=InnoDB"""


def start(root, history, position, peers, copy):
    """Has systemd start mariadbd, and does not wait for it to be ready.

    peers: addresses to join; none makes it the first of a new Primary component. copy: whether it may
    take a full copy over what is in the datadir.
    """
    unit = galera_state.config(root)['unit']
    run = root + galera_state.RUN
    options = ['--wsrep-cluster-name=' + galera_state.cluster_name(history),
               '--wsrep-cluster-address=gcomm://' + ','.join(peers),
               '--wsrep-sst-receive-address=%s:%d' % (galera_state.own_address(root), next_port(root))]
    if position is not None:
        options.append('--wsrep-start-position=%s:%d' % (history, position))
    if not peers:
        options.append('--wsrep-new-cluster')
    prepare(root)
    if copy:
        put(run + '/may-copy', '')
    elif os.path.exists(run + '/may-copy'):
        os.unlink(run + '/may-copy')
    put(run + '/start', 'STACKSEED_GALERA="%s"\n' % ' '.join(options))
    put(run + '/started', configuration(root))
    os.makedirs(os.path.dirname(root + ALLOW), exist_ok=True)
    put(root + ALLOW, '')
    if galera_live.unit_state(unit) == 'failed':
        systemctl('reset-failed', unit)
    systemctl('start', '--no-block', unit)
    wait_until_taken(root, unit)


def next_port(root):
    """Another port than at the starts before: whoever was asked for a copy then may be trying still, does not
    have this daemon's secret, and would break off the copy that it gets into."""
    path = root + galera_state.RUN + '/copy-port'
    try:
        with open(path) as file:
            turn = int(file.read()) + 1
    except (OSError, ValueError):
        turn = 0
    put(path, '%d\n' % turn)
    return COPY_PORTS[turn % len(COPY_PORTS)]


def prepare(root):
    """Folders and files that mariadbd and its scripts write to."""
    run = root + galera_state.RUN
    uid, gid = galera_data.owner()
    os.makedirs(run, exist_ok=True)
    for name in ('notify', 'refused'):
        put('%s/%s' % (run, name), '')
        os.chown('%s/%s' % (run, name), uid, gid)
    os.makedirs(root + '/run/mysqld', exist_ok=True)
    os.chown(root + '/run/mysqld', uid, gid)


def put(path, text):
    with open(path, 'w') as file:
        file.write(text)


def wait_until_taken(root, unit):
    """Until systemd has taken the job: then it runs, or has ended again."""
    end = time.monotonic() + 10
    while os.path.exists(root + ALLOW) and time.monotonic() < end:
        time.sleep(0.05)
    if os.path.exists(root + ALLOW):
        os.unlink(root + ALLOW)
        raise galera_data.Broken('systemd did not start %s' % unit)


def stop(root):
    """Returns when mariadbd has ended; ExecStop takes it out of service first."""
    unit = galera_state.config(root)['unit']
    systemctl('stop', unit)
    if galera_live.is_alive(root):
        raise galera_data.Broken('systemd did not stop %s' % unit)


def kill(root):
    """For one that hangs where it waits for others: stopping it politely would wait as well."""
    unit = galera_state.config(root)['unit']
    systemctl('kill', '--signal=KILL', unit)
    systemctl('stop', unit)
    if galera_live.is_alive(root):
        raise galera_data.Broken('systemd did not stop %s' % unit)


def systemctl(*words):
    return subprocess.call(('systemctl',) + words, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def configuration(root):
    """Digest of what mariadbd reads when it starts."""
    import hashlib
    digest = hashlib.sha256()
    for name in ('galera.cnf', 'galera.crt', 'galera.key', 'ca.crt'):
        with open('%s/etc/mysql/stackseed/%s' % (root, name), 'rb') as file:
            digest.update(hashlib.sha256(file.read()).digest())
    return digest.hexdigest()


def restart_wanted(root):
    """Whether the running mariadbd was started with another configuration than there is now."""
    try:
        with open(root + galera_state.RUN + '/started') as file:
            return file.read() != configuration(root)
    except OSError:
        return False


def enter(root, connection):
    """This host serves from now on: its row says so, with its present identity in the component."""
    cluster = galera_state.read_cluster(root)
    if galera_live.read_rows(connection) is None:
        # Each of these is a change of the whole cluster, even where it changes nothing.
        connection.query('CREATE SCHEMA IF NOT EXISTS stackseed')
        connection.query(MEMBER)
    mine = [connection.query("SHOW GLOBAL STATUS LIKE 'wsrep_gcomm_uuid'")[0][1], galera_state.boot_id(root)]
    if galera_live.read_rows(connection).get(cluster['self']) != mine:
        connection.query('REPLACE INTO stackseed.member (host, node_uuid, boot) VALUES (%s, %s, %s)'
                         % tuple(sql.quote(text) for text in [cluster['self']] + mine))


def leave(root):
    """Says so to all gates, and gives them the time to close. What hangs or is not Primary is not asked."""
    record = galera_state.read(root)
    try:
        with sql.Connection(root, timeout=2.0) as connection:
            if galera_live.look_inside(root, record['history'], connection)['running'] != 'primary':
                return
            name = galera_state.read_cluster(root)['self']
            changed = connection.run('DELETE FROM stackseed.member WHERE host = %s' % sql.quote(name))
    except (sql.Failed, OSError) as error:
        sys.stderr.write('leaving without a word: %s\n' % error)
        return
    if changed:
        time.sleep(GATES_CLOSE)


def ended(root):
    """The join loop looks at once; where it has ended it is started again, unless the host goes down."""
    wake(root)
    if galera_live.unit_state(LOOP) not in ('active', 'failed') or is_going_down():
        return
    systemctl('restart', '--no-block', LOOP)


def wake(root):
    os.makedirs(root + galera_state.RUN, exist_ok=True)
    put(root + galera_state.RUN + '/wake', '%f\n' % time.time())


def is_going_down():
    said = subprocess.Popen(['systemctl', 'is-system-running'], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE).communicate()[0]
    return said.strip() == b'stopping'


def look(root):
    """Members come and go one after another: looks twice before it says that something is wrong."""
    wake(root)
    for pause in (1, 2):
        time.sleep(pause)
        if galera_live.unit_state(LOOP) != 'active' or serves(root):
            return
    if not is_going_down():
        systemctl('restart', '--no-block', LOOP)


def serves(root):
    try:
        record = galera_state.read(root)
        with sql.Connection(root, timeout=2.0) as connection:
            return galera_live.serving(root, record, connection)[0]
    except (sql.Failed, OSError, ValueError, galera_state.Unreadable):
        return False


if __name__ == '__main__':
    {'leave': leave, 'ended': ended, 'look': look}[sys.argv[1]](os.environ.get('ROOT', ''))
