"""Prints how the controllers' clusters stand, as this one sees them: a line for each controller, then the
virtual addresses and who holds them. Takes at most four seconds. Changes nothing."""
import os
import sys
from threading import Thread

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import answer  # noqa: E402
import ask  # noqa: E402

SECTIONS = ['galera', 'pacemaker', 'rabbitmq']
SECONDS = 3.0
HEAD = ('CONTROLLER', 'GALERA', 'RABBITMQ', 'PACEMAKER')

RUNNING = {'no': 'stopped', 'nonprimary': 'not Primary', 'foreign': 'Primary of another history'}


def look(root, sections):
    """This host's list of controllers, and what each says: {name: {section: dict or None}}, 'unreadable' for one that
    gives no good answer, None for a silent one. OSError or ValueError when this host's own files are missing or torn.
    """
    cluster = ask.read_cluster(root)
    own = {}
    thread = Thread(target=lambda: own.update(answer.told(root, {}, sections)), daemon=True)
    thread.start()
    found = ask.ask_all(root, sections, timeout=SECONDS)
    thread.join(SECONDS)
    told = {name: one['answer'] if isinstance(one, dict) else one for name, one in found.items()}
    told[cluster['self']] = own
    return cluster, told


def lines(root):
    cluster, told = look(root, SECTIONS)
    names = [controller['name'] for controller in cluster['controllers']]
    rows = [HEAD] + [(name,) + cells(told[name]) for name in names]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    table = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return table + held(names, told)


def cells(told):
    if told is None:
        return ('silent', '', '')
    if told == 'unreadable':
        return ('no good answer', '', '')
    return galera(told.get('galera')), rabbitmq(told.get('rabbitmq')), pacemaker(told.get('pacemaker'))


def galera(section):
    """Such as "MEMBER 1f0a22c4:1042, serving"."""
    if not section:
        return '-'
    words = [str(section.get('state', '-'))]
    if section.get('history'):
        position = section.get('position')
        words[0] += ' %.8s:%s' % (section['history'], '?' if position is None else position)
    running = str(section.get('running') or 'no')
    words.append(serving(section) if running == 'primary' else RUNNING.get(running, running))
    promise = section.get('promise')
    if isinstance(promise, dict):
        words.append('promised %s' % promise.get('to'))
    return ', '.join(words)


def serving(section):
    if section.get('serving'):
        return 'serving'
    return 'synced' if section.get('synced') else 'not synced'


def rabbitmq(section):
    """Such as "MEMBER, 3 of 3 running"."""
    if not section:
        return '-'
    state, running = str(section.get('state', '-')), str(section.get('running') or 'no')
    cluster, alive = section.get('cluster'), section.get('alive')
    if running == 'yes' and isinstance(cluster, list) and isinstance(alive, list):
        return '%s, %d of %d running' % (state, len(alive), len(cluster))
    return '%s, %s' % (state, RUNNING.get(running, running))


def pacemaker(section):
    if not section:
        return '-'
    quorum = 'quorate' if section.get('quorate') else 'no quorum'
    return '%s, DC %s' % (quorum, section.get('dc') or '-')


def held(names, told):
    """A line for each virtual address: who says that it holds it."""
    holders = {}
    for name in names:
        sections = told[name] if isinstance(told[name], dict) else {}
        vips = (sections.get('pacemaker') or {}).get('vips')
        for address, here in sorted(vips.items()) if isinstance(vips, dict) else ():
            holders.setdefault(address, []).extend([name] if here else [])
    return ['%s is on %s' % (address, ' and '.join(on) or 'no host') for address, on in sorted(holders.items())]


if __name__ == '__main__':
    try:
        print('\n'.join(lines(os.environ.get('ROOT', ''))))
    except (OSError, ValueError, KeyError) as error:
        print('the controllers cannot be asked: %s' % error)
    sys.stdout.flush()
    # A section that hangs is left behind.
    os._exit(0)
