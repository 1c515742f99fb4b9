"""The durable record of this controller: which history of the database its disk holds, and what it has
promised. It lies on the filesystem of the data, so that both are lost together or not at all.
"""
import fcntl
import json
import os
import re
from contextlib import contextmanager

import durable
import galera_decide

HOME = '/var/lib/mysql'
DATA = HOME + '/data'
# The copy that a member had before it joined for a full one; counts while the record has `before`.
KEPT = HOME + '/data.before'
RECORD = HOME + '/stackseed/state.json'
RUN = '/run/stackseed/galera'
LOCK = '/run/stackseed/galera.lock'

STATES = ('BLANK', 'PROMISED', 'JOINING', 'MEMBER')
UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z')


class Unreadable(Exception):
    """The record is torn, or gone from beside data. Never a blank disk: the operator must look."""


def read(root):
    """The record; None on a disk that never had one. Unreadable, or OSError."""
    path = root + RECORD
    try:
        record = durable.read_json(path)
    except ValueError as error:
        raise Unreadable('%s is torn (%s)' % (RECORD, error))
    if record is None:
        if has_data(root):
            raise Unreadable('%s is missing, and there are data in %s' % (RECORD, DATA))
        return None
    record = complete(record)
    if not is_record(record):
        raise Unreadable('%s is not a record of this component' % RECORD)
    return record


def complete(record):
    """A record, or a report, with what it lacks because an earlier seed wrote it."""
    if not isinstance(record, dict):
        return record
    return dict(galera_decide.blank_record(None), **record)


def has_data(root):
    for path in (DATA, KEPT):
        try:
            if os.listdir(root + path):
                return True
        except FileNotFoundError:
            pass
    return False


def is_record(record):
    """Whether it has the shape that galera_decide.py tells of; what comes from a peer is asked as well."""
    if not isinstance(record, dict) or not all(key in record for key in galera_decide.RECORD):
        return False
    history, line = record['history'], record['line']
    return (isinstance(record['incarnation'], str) and record['state'] in STATES
            and (is_uuid(history) if record['state'] in ('JOINING', 'MEMBER') else history is None)
            and is_line(line) and is_kept(record['before'])
            and is_part(record['promise'], 'to', 'incarnation', 'list', 'state', 'held', 'position')
            and is_part(record['attempt'], 'boot', 'list', 'position', 'waived', 'done')
            and is_names(record['waivers']))


def is_uuid(text):
    return isinstance(text, str) and UUID.match(text) is not None


def is_line(line):
    return isinstance(line, list) and all(is_fork(fork) for fork in line)


def is_kept(kept):
    return kept is None or (isinstance(kept, dict) and is_uuid(kept.get('history')) and is_line(kept.get('line')))


def is_fork(fork):
    return isinstance(fork, list) and len(fork) == 2 and is_uuid(fork[0]) and isinstance(fork[1], int)


def is_part(part, *keys):
    if part is None:
        return True
    return (isinstance(part, dict) and part.get('kind') in ('genesis', 'recovery')
            and isinstance(part.get('nonce'), str) and is_uuid(part.get('history'))
            and all(key in part for key in keys))


def is_names(names):
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def write(root, record):
    """Returns when the disk has it."""
    folder = root + os.path.dirname(RECORD)
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o700)
        durable.sync_folder(os.path.dirname(folder))
    durable.write(root + RECORD, json.dumps(record, sort_keys=True, indent=1) + '\n')


def read_or_begin(root):
    """The record; on a new disk one that is blank, written before anything else is."""
    record = read(root)
    if record is None:
        record = galera_decide.blank_record(os.urandom(16).hex())
        write(root, record)
    return record


def new_history(cluster, nonce):
    """A history's UUID, out of the cluster and the attempt that makes it: no two attempts share one."""
    import hashlib
    digest = hashlib.sha256(('stackseed history 1\n%s\n%s' % (cluster, nonce)).encode()).hexdigest()
    # Version 4's form: nothing in MariaDB reads more into it.
    digest = '%s4%s8%s' % (digest[:12], digest[13:16], digest[17:32])
    return '-'.join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))


def cluster_name(history):
    """wsrep_cluster_name, which Galera refuses strangers by; 32 characters at most."""
    return history.replace('-', '')


def read_cluster(root):
    """This host's list of controllers; OSError or ValueError when there is none."""
    cluster = durable.read_json(root + '/etc/stackseed/cluster.json')
    if cluster is None:
        raise OSError('no /etc/stackseed/cluster.json')
    return cluster


def own_address(root):
    """Where this host's daemons talk to the other controllers'."""
    cluster = read_cluster(root)
    return [each['address'] for each in cluster['controllers'] if each['name'] == cluster['self']][0]


def config(root):
    """What differs by platform: unit, daemon, membership, sst."""
    found = durable.read_json(root + '/etc/stackseed/galera.json')
    if found is None:
        raise OSError('no /etc/stackseed/galera.json')
    return found


def boot_id(root):
    with open(root + '/proc/sys/kernel/random/boot_id') as file:
        return file.read().strip()


@contextmanager
def locked(root):
    """The one lock under which records are written and the daemon is started or stopped."""
    os.makedirs(root + RUN, exist_ok=True)
    descriptor = os.open(root + LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
