"""Section `galera` of this host's report: its durable record, and what its MariaDB is doing now.

Reads; changes nothing. Without a record, or with one that cannot be read, it raises, so that the others
take this host for one that may hold data.
"""
import fcntl
import os

import galera_daemon
import galera_live
import galera_state


def report(root):
    record = galera_state.read(root)
    if record is None:
        raise ValueError('the join loop has not run yet')
    found = galera_live.section(root, record)
    found['loop'] = loop_runs(root)
    found['restart'] = found['running'] == 'primary' and galera_daemon.restart_wanted(root)
    return found


def loop_runs(root):
    """Whether the join loop is at work: it holds a lock as long as it is."""
    try:
        descriptor = os.open(root + galera_state.RUN + '/loop', os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
