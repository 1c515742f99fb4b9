"""Asks the other controllers for their reports, all at once.

Reads /etc/stackseed/cluster.json and peers.key, and /run/stackseed/asked. Changes nothing.

    ask.py [--sections a,b] [--state TEXT] [--timeout S] [--words] [NAME...]

prints one JSON object: by controller its answer, "unreadable", or null. With --words one line for people.
With --check nobody is asked, and a line says what is wrong with this host's own files.
"""
import argparse
import json
import os
import random
import sys
from threading import Thread
from time import monotonic, sleep

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import durable  # noqa: E402
import exchange  # noqa: E402
import frames  # noqa: E402

# Seconds between two looks whether a controller told something new.
LOOK = 0.25


def ask_all(root, sections, state='', timeout=3.0, names=None):
    """What each controller but this one says, to a nonce of its own; takes at most `timeout` seconds.

    By name, of all that the cluster ever had or of `names`:
      {'answer': {section: dict or None}, 'boot': boot id, 'host': name}   a fresh, signed answer
      'unreadable'   its port is open, but what comes is not that: it may be alive
      None           nobody takes the connection
    `state` (64 characters at most) is told to those that are asked, and wakes who waits there when it is
    another one than before; with none nobody is woken.
    OSError or ValueError when this host's own files are missing or torn.
    """
    cluster, key = read_cluster(root), read_key(root)
    deadline = monotonic() + timeout
    found = {}

    def ask(name, address):
        request = {'from': cluster['self'], 'to': name, 'sections': sections, 'state': state[:64]}
        found[name] = 'unreadable'
        try:
            answer = exchange.exchange(address, cluster['port'], key, request, deadline)
        except exchange.Silent:
            found[name] = None
        except exchange.Unreadable as error:
            sys.stderr.write('%s: %s\n' % (name, error))
        else:
            found[name] = of_cluster(cluster, answer)

    addresses = addresses_of(cluster, names)
    threads = [Thread(target=ask, args=pair, daemon=True) for pair in sorted(addresses.items())]
    for thread in threads:
        thread.start()
    for thread in threads:
        # Each ends by its deadline; the rest is for a machine that is busy.
        thread.join(max(0, deadline + 1 - monotonic()))
    return {name: found.get(name, 'unreadable') for name in sorted(addresses)}


def read_cluster(root):
    try:
        cluster = durable.read_json(root + '/etc/stackseed/cluster.json')
    except ValueError:
        cluster = None
    if not isinstance(cluster, dict):
        raise OSError('no list of controllers in /etc/stackseed/cluster.json')
    return cluster


def read_key(root):
    key = frames.read_key(root + '/etc/stackseed/peers.key')
    if not key:
        raise OSError('no key in /etc/stackseed/peers.key')
    return key


def addresses_of(cluster, names=None):
    """Address by name of every other controller. The list of those present knows best."""
    addresses = {}
    for controller in cluster['ever'] + cluster['controllers']:
        addresses[controller['name']] = controller['address']
    addresses.pop(cluster['self'], None)
    wanted = addresses if names is None else names
    return {name: addresses[name] for name in wanted if name in addresses}


def of_cluster(cluster, answer):
    if answer.get('cluster') != cluster['id']:
        sys.stderr.write('%s: it is of the cluster %s\n' % (answer['host'], answer.get('cluster')))
        return 'unreadable'
    return {'answer': answer['sections'], 'boot': answer['boot'], 'host': answer['host']}


def asked(root):
    """What the controllers that asked this host told of themselves: {name: state}."""
    folder = root + '/run/stackseed/asked'
    told = {}
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return told
    for name in names:
        if name.startswith('.'):
            continue
        try:
            with open(os.path.join(folder, name)) as file:
                told[name] = file.read(64)
        except OSError:
            continue
    return told


def rest(root, before, seconds):
    """Sleeps about `seconds`, a quarter more or less; at once awake when asked() is not `before`.

    True when somebody woke it. Take `before` before the round, or what was told meanwhile is lost.
    """
    end = monotonic() + seconds * random.uniform(0.75, 1.25)
    while True:
        if asked(root) != before:
            return True
        left = end - monotonic()
        if left <= 0:
            return False
        sleep(min(LOOK, left))


def main(arguments):
    parser = argparse.ArgumentParser(prog='ask.py', description='asks the other controllers')
    parser.add_argument('--sections', default='components')
    parser.add_argument('--state', default='')
    parser.add_argument('--timeout', type=float, default=3.0)
    parser.add_argument('--words', action='store_true')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args(arguments)
    sections = [name for name in options.sections.split(',') if name]
    root = os.environ.get('ROOT', '')
    try:
        if options.check:
            addresses_of(read_cluster(root))
            read_key(root)
            return 0
        found = ask_all(root, sections, options.state, options.timeout, options.names or None)
    except (OSError, ValueError, KeyError) as error:
        print(error, file=sys.stdout if options.words or options.check else sys.stderr)
        return 1
    print(words(found) if options.words else json.dumps(found, sort_keys=True))
    return 0


def words(found):
    kinds = [
        ('reads', [name for name in sorted(found) if isinstance(found[name], dict)]),
        ('no good answer from', [name for name in sorted(found) if found[name] == 'unreadable']),
        ('silent:', [name for name in sorted(found) if found[name] is None]),
    ]
    parts = ['%s %s' % (kind, ' '.join(names)) for kind, names in kinds if names]
    return ', '.join(parts) or 'no other controller'


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
