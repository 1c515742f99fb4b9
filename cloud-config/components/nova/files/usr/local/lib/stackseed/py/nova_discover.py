"""Maps new compute nodes into Nova's cell, so that the scheduler sees them. Runs on every controller without end;
the one that has the virtual address does the work, so that there is one at a time. Should two of them be at it for
a moment, the database takes one row of the two, and the other tries again.

Asking the database on this host costs nothing, and nova-manage is started only when a node is new. Reads
/etc/stackseed/openstack/nova-discover.json; changes Nova's databases.
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import sql  # noqa: E402

COUNT = 'SELECT COUNT(*) FROM nova.compute_nodes WHERE deleted = 0 AND mapped = 0'
COMMAND = ['runuser', '-u', 'nova', '--', 'nova-manage', '--config-file', '/etc/nova/nova.conf',
           'cell_v2', 'discover_hosts']


def main(root, rounds=None):
    """`rounds` ends it for tests."""
    with open(root + '/etc/stackseed/openstack/nova-discover.json') as file:
        wanted = json.load(file)
    said = None
    while rounds is None or rounds > 0:
        why = turn(root, wanted)
        if why and why != said:
            sys.stderr.write('%s\n' % why)
            sys.stderr.flush()
        said = why
        rounds = None if rounds is None else rounds - 1
        if rounds != 0:
            time.sleep(wanted['every'])
    return 0


def turn(root, wanted):
    """One look, and the work if there is some. Text for the journal, or None."""
    if not is_mine(wanted['address']):
        return None
    try:
        count = waiting(root)
    except (sql.Failed, OSError) as error:
        return 'cannot look for new hosts now: %s' % error
    if count == 0:
        return None
    done = subprocess.run(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    last = (done.stdout.strip().splitlines() or [''])[-1]
    return '%d new hosts: %s' % (count, 'mapped' if done.returncode == 0 else 'to be tried again: ' + last)


def is_mine(address):
    """Whether this host has the address now."""
    found = subprocess.run(['ip', '-4', '-o', 'addr', 'show', 'to', address], stdout=subprocess.PIPE)
    return bool(found.stdout.strip())


def waiting(root):
    with sql.Connection(root, timeout=10.0) as connection:
        return int(connection.query(COUNT)[0][0])


if __name__ == '__main__':
    sys.exit(main(os.environ.get('ROOT', '')))
