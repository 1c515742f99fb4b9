"""The durable record of this controller: what its data of RabbitMQ are worth. It lies on the filesystem of
the data, so that both are lost together or not at all.
"""
import fcntl
import json
import os
from contextlib import contextmanager

import durable

HOME = '/var/lib/rabbitmq'
DATA = HOME + '/mnesia'
# There while a node starts: what it knew before.
BEFORE_START = DATA + '/before-start'
RECORD = HOME + '/stackseed/state.json'
WAIVED = HOME + '/stackseed/waived.json'
RUN = '/run/stackseed/rabbitmq'
LOCK = '/run/stackseed/rabbitmq.lock'

STATES = ('BLANK', 'FORMING', 'JOINING', 'MEMBER')
# state and history as rabbitmq_decide.py tells; generation: that of the step that made the history;
# grown: whether the queues that there were have got their copy here; settled: digest of what is set in the
# cluster, as this host's seed has it.
NOTHING = {'state': 'BLANK', 'history': None, 'generation': None, 'grown': False, 'settled': None}


class Unreadable(Exception):
    """The record is torn, or gone from beside data. Never a blank disk: the operator must look."""


def read(root):
    """The record; NOTHING on a disk without data. Unreadable, or OSError."""
    try:
        record = durable.read_json(root + RECORD)
    except ValueError as error:
        raise Unreadable('%s is torn (%s)' % (RECORD, error))
    if record is None:
        if has_data(root):
            raise Unreadable('there are data in %s and no %s: move them away, or bring the record back'
                             % (DATA, RECORD))
        return dict(NOTHING)
    if not is_record(record):
        raise Unreadable('%s is not a record of this component' % RECORD)
    return record


def is_record(record):
    if not isinstance(record, dict) or set(record) != set(NOTHING) or record['state'] not in STATES:
        return False
    return isinstance(record['history'], str) == (record['state'] != 'BLANK')


def has_data(root):
    try:
        return bool(os.listdir(root + DATA))
    except FileNotFoundError:
        return False


def write(root, **changes):
    """Returns when the disk has the record, with those fields changed; gives it."""
    record = dict(read(root), **changes)
    write_beside(root + RECORD, record)
    return record


def write_beside(path, value):
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.mkdir(folder, 0o700)
        durable.sync_folder(os.path.dirname(folder))
    durable.write(path, json.dumps(value, sort_keys=True) + '\n')


def read_waived(root):
    """Controllers that the operator called gone for good."""
    names = durable.read_json(root + WAIVED)
    return names if isinstance(names, list) else []


def write_waived(root, names):
    write_beside(root + WAIVED, sorted(names))


def read_cluster(root):
    """This host's list of controllers; OSError or ValueError when there is none."""
    cluster = durable.read_json(root + '/etc/stackseed/cluster.json')
    if cluster is None:
        raise OSError('no /etc/stackseed/cluster.json')
    return cluster


def config(root):
    """{unit, address, queues}: what differs by platform and host."""
    found = durable.read_json(root + '/etc/stackseed/rabbitmq.json')
    if found is None:
        raise OSError('no /etc/stackseed/rabbitmq.json')
    return found


@contextmanager
def locked(root, name=LOCK):
    """One at a time; raises BlockingIOError when somebody else has it."""
    os.makedirs(root + os.path.dirname(name), exist_ok=True)
    descriptor = os.open(root + name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def is_locked(root, name=LOCK):
    """Whether the join loop is at work: it holds the lock as long as it is."""
    try:
        descriptor = os.open(root + name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
