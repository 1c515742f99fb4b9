"""Speaks with Redis and Sentinel in their own protocol, so that no password is in an argument."""
import socket

REDIS, SENTINEL = 6379, 26379
NAME = 'stackseed'


class Failed(Exception):
    """No answer, or an error for one."""


def call(address, port, *commands, **options):
    """The answers to some commands (lists of words), one after another over one connection: texts, whole
    numbers, None and lists of those. Failed when there is no connection or one of them is an error."""
    timeout = options.get('timeout', 2.0)
    try:
        with socket.create_connection((address, port), timeout) as connection:
            connection.settimeout(timeout)
            with connection.makefile('rb') as stream:
                return [ask(connection, stream, words) for words in commands]
    except (OSError, ValueError, IndexError) as error:
        raise Failed(str(error) or error.__class__.__name__)


def ask(connection, stream, words):
    text = ''.join('$%d\r\n%s\r\n' % (len(word.encode()), word) for word in words)
    connection.sendall(('*%d\r\n%s' % (len(words), text)).encode())
    return read(stream)


def read(stream):
    line = stream.readline(65536)
    if not line.endswith(b'\r\n'):
        raise ValueError('the connection ended')
    kind, rest = line[:1], line[1:-2].decode('utf-8', 'replace')
    if kind == b'-':
        raise ValueError(rest)
    if kind == b'+':
        return rest
    if kind == b':':
        return int(rest)
    if kind == b'$':
        length = int(rest)
        return None if length < 0 else stream.read(length + 2)[:-2].decode('utf-8', 'replace')
    if kind == b'*':
        return [read(stream) for _ in range(max(0, int(rest)))]
    raise ValueError('not an answer of Redis')


def master_of(address):
    """{'master': address, 'epoch': number, 'replicas': number} as the Sentinel there sees it. Failed."""
    words = call(address, SENTINEL, ['SENTINEL', 'master', NAME])[0]
    said = dict(zip(words[0::2], words[1::2]))
    return {'master': said['ip'], 'epoch': int(said['config-epoch']), 'replicas': int(said['num-slaves'])}


def replication(address, password):
    """INFO replication of the Redis there, as a dict. Failed."""
    text = call(address, REDIS, ['AUTH', password], ['INFO', 'replication'])[1]
    return dict(line.split(':', 1) for line in text.split('\r\n') if ':' in line)
