"""The operator's word that a controller is gone for good, so that recovery after an outage does not wait
for it. It replaces silence, never an answer, and ends when the host answers or the database runs again.

    galera_waive.py CLUSTER HOST              go on without HOST
    galera_waive.py --withdraw CLUSTER HOST   no longer
    galera_waive.py --list

CLUSTER is the id of the cluster, which --list prints: it has to be typed, for if HOST is alive and has data
that no other controller has, they are lost.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import galera_daemon  # noqa: E402
import galera_state  # noqa: E402


def main(arguments):
    root = os.environ.get('ROOT', '')
    withdraw = arguments[:1] == ['--withdraw']
    names = arguments[1:] if withdraw else arguments
    try:
        if arguments == ['--list']:
            return show(root)
        if len(names) != 2 or names[0].startswith('-'):
            sys.stderr.write(__doc__)
            return 2
        return change(root, names[0], names[1], withdraw)
    except (galera_state.Unreadable, OSError, ValueError) as error:
        sys.stderr.write('%s\n' % error)
        return 1


def show(root):
    cluster, record = galera_state.read_cluster(root), galera_state.read(root)
    print('cluster %s' % cluster['id'])
    for name in record['waivers'] if record else []:
        print('waived %s' % name)
    return 0


def change(root, cluster_id, host, withdraw):
    with galera_state.locked(root):
        cluster = galera_state.read_cluster(root)
        names = [each['name'] for each in cluster['controllers']]
        if cluster_id != cluster['id']:
            sys.stderr.write('this host belongs to the cluster %s\n' % cluster['id'])
            return 1
        if host == cluster['self'] or (host not in names and not withdraw):
            sys.stderr.write('%s cannot be waived: the other controllers are %s\n'
                             % (host, ', '.join(name for name in names if name != cluster['self'])))
            return 1
        record = galera_state.read_or_begin(root)
        waivers = [name for name in record['waivers'] if name != host]
        if not withdraw:
            waivers.append(host)
        galera_state.write(root, dict(record, waivers=waivers))
    text = '%s of cluster %s is %s' % (host, cluster_id, 'no longer waived' if withdraw else 'waived')
    log(text)
    print(text)
    galera_daemon.wake(root)
    return 0


def log(text):
    """Who looks for what happened finds it in the journal, by whomever and however it was said."""
    try:
        import syslog
        syslog.openlog('stackseed-galera')
        syslog.syslog(syslog.LOG_WARNING, '%s, said by %s' % (text, os.environ.get('SUDO_USER', 'root')))
    except (ImportError, OSError):
        sys.stderr.write(text + '\n')


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
