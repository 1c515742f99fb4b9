"""What MariaDB on this host is doing at this moment, and whether it serves. Asks the server and systemd;
changes nothing."""
import json
import subprocess
import time

import galera_decide
import galera_state
import sql

STATUS = ('wsrep_cluster_status', 'wsrep_cluster_state_uuid', 'wsrep_local_state', 'wsrep_last_committed',
          'wsrep_local_cached_downto', 'wsrep_gcomm_uuid', 'wsrep_incoming_addresses', 'wsrep_connected')
SYNCED, DONOR = '4', '2'
# Seconds after which a server that is not in a component is taken at its word.
SETTLES = 0.8
# What wsrep_local_cached_downto says of an empty cache.
NOTHING = 2 ** 63


def look(root, history):
    """{running, synced, position, cached_from, uuid, view, severed} of a record with that history.

    position and cached_from are null unless it is Primary or was; `view` is {uuid: name} of the Primary
    component, empty when it cannot be told. severed: mariadbd has left the cluster and does not look for it
    any more, as it does when it could not apply what the others did.
    """
    try:
        with sql.Connection(root, timeout=1.0) as connection:
            found = look_inside(root, history, connection)
            if found['running'] == 'nonprimary':
                # On its way in, it takes clients a moment before it is told of the component.
                time.sleep(SETTLES)
                found = look_inside(root, history, connection)
            return found
    except (sql.Failed, OSError):
        return stopped('starting' if is_alive(root) else 'no')


def stopped(running):
    return {'running': running, 'synced': False, 'position': None, 'cached_from': None, 'uuid': None,
            'view': {}, 'severed': False}


def look_inside(root, history, connection):
    status = read_status(connection)
    found = stopped('nonprimary')
    if status.get('wsrep_cluster_status') == 'Primary':
        same = status.get('wsrep_cluster_state_uuid') == history
        found['running'] = 'primary' if same else 'foreign'
        found['synced'] = same and status.get('wsrep_local_state') in (SYNCED, DONOR)
    found['severed'] = found['running'] == 'nonprimary' and status.get('wsrep_connected') == 'OFF'
    found['position'] = whole(status.get('wsrep_last_committed'))
    found['cached_from'] = whole(status.get('wsrep_local_cached_downto'))
    found['uuid'] = status.get('wsrep_gcomm_uuid')
    if found['running'] == 'primary':
        found['view'] = read_view(root, connection, status)
    return found


def read_status(connection):
    names = ', '.join(sql.quote(name) for name in STATUS)
    return dict(connection.query('SHOW GLOBAL STATUS WHERE Variable_name IN (%s)' % names))


def whole(text):
    """A position; null for what is none."""
    try:
        value = int(text)
    except (TypeError, ValueError):
        return None
    return value if 0 <= value < NOTHING else None


def read_view(root, connection, status):
    """Members of the present component, name by UUID. Without the plugin for that, by their addresses."""
    if galera_state.config(root)['membership']:
        try:
            return dict(connection.query('SELECT UUID, NAME FROM information_schema.WSREP_MEMBERSHIP'))
        except sql.Failed:
            return {}
    addresses = [each.split(':')[0] for each in (status.get('wsrep_incoming_addresses') or '').split(',')]
    return {each['name']: each['name'] for each in galera_state.read_cluster(root)['controllers']
            if each['address'] in addresses}


def is_alive(root):
    """Whether there is a mariadbd, in whatever state; a unit that cannot be asked about may have one."""
    state = unit_state(galera_state.config(root)['unit'])
    return state not in ('inactive', 'failed')


def unit_state(unit):
    """systemd's ActiveState; '' when systemd does not say."""
    try:
        said = subprocess.run(['systemctl', 'show', '-p', 'ActiveState', unit], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return ''
    return said.decode('ascii', 'replace').strip().replace('ActiveState=', '', 1)


def section(root, record, live=None):
    """What this host reports: the record and what is true now, as galera_decide.py tells of it."""
    cluster = galera_state.read_cluster(root)
    live = live or look(root, record['history'])
    found = dict(record)
    found.update(boot=galera_state.boot_id(root), running=live['running'], synced=live['synced'],
                 position=live['position'], cached_from=live['cached_from'],
                 view=sorted(live['view'].values()), list=cluster['list'],
                 controllers=[each['name'] for each in cluster['controllers']],
                 ever=[each['name'] for each in cluster['ever']])
    if live['running'] == 'no':
        found.update(standing(root, record))
    return found


def standing(root, record):
    """Position of data at rest; null until the join loop has read it."""
    if record['state'] in ('BLANK', 'PROMISED'):
        return {'position': 0}
    known = read_run(root, 'position.json')
    if record['state'] != 'MEMBER' or known is None or known['history'] != record['history']:
        return {'position': None}
    return {'position': known['position'], 'tainted': known['tainted']}


def read_run(root, name):
    try:
        with open('%s%s/%s' % (root, galera_state.RUN, name)) as file:
            return json.loads(file.read())
    except (OSError, ValueError):
        return None


def read_rows(connection):
    """{host: [node_uuid, boot]} of stackseed.member; None before it exists."""
    try:
        rows = connection.query('SELECT host, node_uuid, boot FROM stackseed.member')
    except sql.Failed as error:
        if error.code in sql.NO_SUCH:
            return None
        raise
    return {host: [uuid, boot] for host, uuid, boot in rows}


def present(root, rows, live):
    """Hosts whose row is of a member of the present view."""
    if galera_state.config(root)['membership']:
        return sorted(host for host in rows if rows[host][0] in live['view'])
    return sorted(host for host in rows if host in live['view'])


def serving(root, record, connection):
    """(serves, why, section): whether clients may write here, in a line of words."""
    live = look_inside(root, record['history'], connection)
    own = section(root, record, live)
    if own['state'] != 'MEMBER':
        return False, 'no member of a history yet', own
    if live['running'] != 'primary':
        return False, 'not in the Primary component of history %s' % short(record['history']), own
    if not live['synced']:
        return False, 'not Synced', own
    rows = present(root, read_rows(connection) or {}, live)
    own['rows'] = rows
    name = galera_state.read_cluster(root)['self']
    need = galera_decide.majority(len(own['controllers']))
    count = '%d of %d members' % (len([each for each in own['controllers'] if each in rows]),
                                  len(own['controllers']))
    words = 'Synced in history %s, ' % short(record['history'])
    if name not in rows:
        return False, '%s%s, this one is about to leave or has only come' % (words, count), own
    if not galera_decide.serves(own, rows):
        return False, '%s%s, %d are needed to serve' % (words, count, need), own
    return True, '%sposition %s, %s, serving' % (words, own['position'], count), own


def short(history):
    return (history or 'none')[:8]
