"""One question to one host: asks for its report, and believes only a fresh and signed answer."""
import os
import socket
import sys
from time import monotonic

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames  # noqa: E402


class Silent(Exception):
    """Nobody takes the connection: no route, refused, or no reply to it in time."""


class Unreadable(Exception):
    """The port is open, but what comes is not a good answer: the host may be alive."""


def exchange(address, port, key, request, deadline):
    """The answer of a host to `request`, a dict with from, to, sections and state.

    `deadline` is of time.monotonic. Raises Silent or Unreadable, whose texts say why.
    """
    asked = dict(request, v=1, nonce=''.join('%02x' % byte for byte in os.urandom(16)))
    message = frames.pack(frames.REQUEST, key, asked)
    connection = connect(address, port, deadline)
    try:
        connection.settimeout(max(0.01, deadline - monotonic()))
        connection.sendall(message)
        line, sent = frames.receive(connection, frames.ANSWER, deadline)
        if not frames.verify(frames.ANSWER, key, line, sent):
            raise frames.BadMessage('the signature is not right')
        return checked(frames.decode(line), asked)
    except (frames.BadMessage, OSError) as error:
        raise Unreadable(str(error))
    finally:
        connection.close()


def connect(address, port, deadline):
    try:
        return socket.create_connection((address, port), max(0.01, deadline - monotonic()))
    except OSError as error:
        raise Silent(str(error))


def checked(answer, asked):
    if answer.get('nonce') != asked['nonce']:
        raise frames.BadMessage('it answers another request')
    if answer.get('host') != asked['to']:
        raise frames.BadMessage('it is from another host')
    sections = answer.get('sections')
    if not isinstance(sections, dict) or not isinstance(answer.get('boot'), str):
        raise frames.BadMessage('parts of the answer are missing')
    for name in asked['sections']:
        if not isinstance(sections.get(name, ''), (dict, type(None))):
            raise frames.BadMessage('not a section: %s' % name)
    return answer


def main(arguments):
    """exchange.py HOST ADDRESS PORT: asks with this host's own key; status 0 for a good answer.

    It waits for long: a small machine that is busy takes its time to start two programs.
    """
    host, address, port = arguments
    key = frames.read_key(os.environ.get('ROOT', '') + '/etc/stackseed/report.key')
    if not key:
        print('no key in /etc/stackseed/report.key')
        return 1
    request = {'from': 'operator', 'to': host, 'sections': [], 'state': ''}
    try:
        exchange(address, int(port), key, request, monotonic() + 25)
    except Silent as error:
        print('nobody listens on %s port %s: %s' % (address, port, error))
        return 1
    except Unreadable as error:
        print('no good answer on %s port %s: %s' % (address, port, error))
        return 1
    print('answers on %s port %s' % (address, port))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
