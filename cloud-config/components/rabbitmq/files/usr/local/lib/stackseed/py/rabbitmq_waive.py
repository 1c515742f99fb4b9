"""The operator's word that a controller is gone for good, so that RabbitMQ does not wait for its tables after
an outage of all. It replaces silence, never an answer, and ends when the host answers.

    rabbitmq_waive.py CLUSTER HOST              go on without HOST
    rabbitmq_waive.py --withdraw CLUSTER HOST   no longer
    rabbitmq_waive.py --list
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rabbitmq_state  # noqa: E402


def main(arguments):
    root = os.environ.get('ROOT', '')
    withdraw = arguments[:1] == ['--withdraw']
    words = arguments[1:] if withdraw else arguments
    try:
        cluster, names = rabbitmq_state.read_cluster(root), rabbitmq_state.read_waived(root)
        if arguments == ['--list']:
            print('cluster %s' % cluster['id'])
            for name in names:
                print('waived %s' % name)
            return 0
        if len(words) != 2 or words[0].startswith('-'):
            sys.stderr.write(__doc__)
            return 2
        return change(root, cluster, names, words, withdraw)
    except (OSError, ValueError) as error:
        sys.stderr.write('%s\n' % error)
        return 1


def change(root, cluster, names, words, withdraw):
    cluster_id, host = words
    others = [each['name'] for each in cluster['ever'] if each['name'] != cluster['self']]
    if cluster_id != cluster['id']:
        sys.stderr.write('this host belongs to the cluster %s\n' % cluster['id'])
        return 1
    if host not in others:
        sys.stderr.write('%s cannot be waived: the other controllers are %s\n' % (host, ', '.join(others)))
        return 1
    rabbitmq_state.write_waived(root, (set(names) - {host}) | (set() if withdraw else {host}))
    print('%s of cluster %s is %s' % (host, cluster_id, 'no longer waived' if withdraw else 'waived'))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
