"""Prints for each service that the controllers share whether all of it is there, a line each:

    well   database        cnt1, cnt2, cnt3 are Synced in history 1f0a22c4
    wrong  message queue   cnt3 is silent

Asks the other controllers and the services. Changes nothing. Exit status 0 when nothing is wrong, else 1.
"""
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import cluster_status  # noqa: E402
import doctor  # noqa: E402


def look(root):
    cluster, told = cluster_status.look(root, cluster_status.SECTIONS)
    addresses = {each['name']: each['address'] for each in cluster['controllers']}
    return doctor.View(root, cluster['self'], addresses, told)


def examine(view, modules):
    """Rows of all modules, in the order of KINDS. One that fails is a problem of its own."""
    rows = []
    for name in modules:
        try:
            rows += __import__('doctor_' + name).rows(view)
        except Exception as error:
            problem = 'cannot be looked at: %s: %s' % (type(error).__name__, error)
            rows.append(doctor.row('process', name, '', [problem]))
    return sorted(rows, key=lambda one: doctor.KINDS.index(one['kind']))


def lines(rows):
    width = max([len(one['service']) for one in rows] + [0])
    return [printable('%-5s  %s  %s' % ('wrong' if one['problems'] else 'well', one['service'].ljust(width),
                                        '; '.join(one['problems']) or one['how'])) for one in rows]


def printable(text):
    return ''.join(letter if ' ' <= letter <= '~' else ' ' for letter in text)[:500]


def main():
    try:
        view = look(os.environ.get('ROOT', ''))
    except (OSError, ValueError, KeyError) as error:
        print('wrong  the controllers cannot be asked: %s' % error)
        return 1
    modules = sorted(name[len('doctor_'):-len('.py')] for name in os.listdir(FOLDER)
                     if name.startswith('doctor_') and name.endswith('.py'))
    rows = examine(view, modules)
    print('\n'.join(lines(rows)))
    return 1 if any(one['problems'] for one in rows) else 0


if __name__ == '__main__':
    status = main()
    sys.stdout.flush()
    # A section that hangs is left behind.
    os._exit(status)
