"""Answers one request on a connection that serve.py took, in a process of its own.

Reads /etc/stackseed/{report,cluster}.json and the keys beside them, and the components' states. Changes
nothing but /run/stackseed/asked/NAME, which holds the state that the controller NAME told when it asked
last, so that who waits here looks at it again. Every request is read, and nobody's is obeyed: a request
that was recorded and sent again has no effect.

A section that is not built in comes from report_SECTION.py beside this file: its report(root) gives a dict.
"""
import json
import os
import re
import signal
import sys
from time import monotonic, time

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import components  # noqa: E402
import frames  # noqa: E402

# Seconds for the whole request, for all sections together, and until the end whatever happens.
REQUEST_TIME = 5
SECTION_TIME = 2.5
LIFE = 30
MOST_SECTIONS = 16

HOST = re.compile(r'[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z')
NONCE = re.compile(r'[0-9a-f]{32}\Z')
SECTION = re.compile(r'[a-z][a-z0-9_]{0,31}\Z')


def answer(connection):
    """Does not return: ends the process."""
    # Even where Python does not come round to it.
    signal.alarm(LIFE)
    root = os.environ.get('ROOT', '')
    try:
        host = read_json(root + '/etc/stackseed/report.json') or {}
        line, sent = frames.receive(connection, frames.REQUEST, monotonic() + REQUEST_TIME)
        request, key = check(root, host, line, sent)
        if request['from'] != 'operator' and request['state']:
            remember(root, request['from'], request['state'])
        told = answer_to(root, host, request)
        connection.settimeout(REQUEST_TIME)
        connection.sendall(pack(key, told))
    except (frames.BadMessage, OSError) as error:
        # Who only looks whether the port is open is not worth a line.
        if str(error) != 'ended after 0 bytes':
            sys.stderr.write('no answer to %s: %s\n' % (peer_of(connection), error))
    sys.stderr.flush()
    # A section that hangs in its thread is left behind; serve.py ends what it started.
    os._exit(0)


def peer_of(connection):
    try:
        return connection.getpeername()[0]
    except OSError:
        return 'somebody who has gone'


def check(root, host, line, sent):
    """The request and the key that it is signed with; BadMessage when it deserves no answer.

    Which key it should be signed with is in the request itself, so nothing of it counts before the
    signature was found right.
    """
    for name, key in keys(root):
        if frames.verify(frames.REQUEST, key, line, sent):
            break
    else:
        raise frames.BadMessage('the signature is not right')
    request = frames.decode(line)
    sender, sections = request.get('from'), request.get('sections')
    if not matches(HOST, sender) or (name == 'report') != (sender == 'operator'):
        raise frames.BadMessage('not from whom the key is for')
    if not matches(HOST, request.get('to')) or request['to'] != host.get('host'):
        raise frames.BadMessage('it is not for this host')
    if not matches(NONCE, request.get('nonce')) or not isinstance(request.get('state'), str):
        raise frames.BadMessage('parts of the request are missing')
    if not isinstance(sections, list) or len(sections) > MOST_SECTIONS:
        raise frames.BadMessage('not a list of sections')
    if not all(matches(SECTION, section) for section in sections):
        raise frames.BadMessage('not the name of a section')
    return request, key


def keys(root):
    return [(name, key) for name in ('peers', 'report')
            for key in frames.read_keys('%s/etc/stackseed/%s.key' % (root, name))]


def matches(pattern, value):
    return isinstance(value, str) and pattern.match(value) is not None


def remember(root, sender, state):
    """Keeps what a controller told of itself, at most 64 printable characters."""
    folder = root + '/run/stackseed/asked'
    state = ''.join(letter for letter in state if ' ' <= letter <= '~')[:64]
    path = '%s/%s' % (folder, sender)
    if components.text(path) == state and os.path.exists(path):
        return
    beside = '%s/.%s.%d' % (folder, sender, os.getpid())
    try:
        os.makedirs(folder, exist_ok=True)
        with open(beside, 'w') as file:
            file.write(state)
        os.rename(beside, path)
    except OSError as error:
        # Who waits here looks a little later; the answer is what matters.
        sys.stderr.write('cannot remember %s: %s\n' % (sender, error))


def answer_to(root, host, request):
    return {
        'v': 1,
        'nonce': request['nonce'],
        'host': host.get('host'),
        'cluster': (read_json(root + '/etc/stackseed/cluster.json') or {}).get('id'),
        'boot': components.text(root + '/proc/sys/kernel/random/boot_id').strip(),
        'time': int(time()),
        'sections': told(root, host, sorted(set(request['sections']))),
    }


def told(root, host, wanted):
    """What each section tells, None where there is no such section, it fails, or takes too long."""
    made = dict.fromkeys(wanted)
    if 'components' in made:
        made['components'] = components.report(root, host.get('host'), host.get('fleet'))
    others = [name for name in wanted if os.path.exists('%s/report_%s.py' % (FOLDER, name))]
    if others:
        ask_sections(root, others, made)
    # A thread that is late may still write to `made`.
    return {name: made[name] for name in wanted}


def ask_sections(root, names, made):
    # Most requests need no threads, and to import them takes a while.
    from threading import Thread

    def ask(name):
        try:
            told = __import__('report_' + name).report(root)
            if isinstance(told, dict):
                made[name] = json.loads(json.dumps(told, allow_nan=False))
        except Exception as error:
            sys.stderr.write('section %s: %s: %s\n' % (name, type(error).__name__, error))

    threads = [Thread(target=ask, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    end = monotonic() + SECTION_TIME
    for name, thread in zip(names, threads):
        thread.join(max(0, end - monotonic()))
        if thread.is_alive():
            sys.stderr.write('section %s: no answer in %s s\n' % (name, SECTION_TIME))


def pack(key, answer):
    """The answer's bytes. Where it is too long its longest sections are left out."""
    sections = answer['sections']
    while True:
        try:
            return frames.pack(frames.ANSWER, key, answer)
        except ValueError as error:
            longest = max(sections, key=lambda name: (len(json.dumps(sections[name])), name))
            if sections[longest] is None:
                raise
            sys.stderr.write('section %s is left out of %s\n' % (longest, error))
            sections[longest] = None


def read_json(path):
    """The dict in a file; None when there is none or it is torn."""
    try:
        found = json.loads(components.text(path))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
