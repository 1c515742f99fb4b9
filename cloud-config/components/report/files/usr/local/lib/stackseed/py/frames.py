"""Signed messages between hosts: a line of JSON, then a line with its HMAC-SHA256 in hexadecimal.

The HMAC is over the kind of message (REQUEST or ANSWER) and the bytes of the first line without its
newline, so that an answer never passes for a request. Its key is a line of a key file.
"""
import hmac
import json
import socket
from time import monotonic

REQUEST = b'stackseed request 1\n'
ANSWER = b'stackseed answer 1\n'
# Bytes of the first line, without its newline.
LIMITS = {REQUEST: 4096, ANSWER: 65536}
HEX_LENGTH = 64
# A secret of the generator has 64 digits. Less is a torn file, and nothing may be signed with that.
SHORTEST_KEY = 32


class BadMessage(ValueError):
    """What came is not a message of ours, or not in time; its text says why."""


def read_keys(path):
    """The keys in a file, each on a line: first the one to sign with, then what is taken as well. [] when the file is
    missing, empty or torn."""
    try:
        with open(path, 'rb') as file:
            keys = file.read(1024).split()
    except OSError:
        return []
    return keys if all(len(key) >= SHORTEST_KEY for key in keys) else []


def read_key(path):
    """The key to sign with, or None."""
    return (read_keys(path) or [None])[0]


def signature(kind, key, line):
    return hmac.new(key, kind + line, 'sha256').hexdigest().encode('ascii')


def pack(kind, key, message):
    """Bytes to send for a dict. ValueError when it is longer than that kind may be."""
    text = json.dumps(message, sort_keys=True, separators=(',', ':'), allow_nan=False)
    line = text.encode('ascii')
    if len(line) > LIMITS[kind]:
        raise ValueError('a message of %d bytes' % len(line))
    return line + b'\n' + signature(kind, key, line) + b'\n'


def receive(connection, kind, deadline):
    """Line and signature that a socket brings until `deadline` (time.monotonic).

    BadMessage when it is too long, too late, or ends early; OSError of the socket.
    """
    longest = LIMITS[kind] + HEX_LENGTH + 2
    got = bytearray()
    newlines = 0
    while newlines < 2:
        left = deadline - monotonic()
        if left <= 0:
            raise BadMessage('not in time')
        connection.settimeout(left)
        try:
            part = connection.recv(longest + 1 - len(got))
        except socket.timeout:
            raise BadMessage('not in time')
        if not part:
            raise BadMessage('ended after %d bytes' % len(got))
        newlines += part.count(b'\n')
        got += part
        if len(got) > longest:
            raise BadMessage('too long')
    line, sent, rest = bytes(got).split(b'\n', 2)
    if rest or len(sent) != HEX_LENGTH:
        raise BadMessage('not two lines')
    return line, sent


def verify(kind, key, line, sent):
    """Whether `sent` is the signature of the line; takes the same time whatever differs."""
    return hmac.compare_digest(signature(kind, key, line), sent)


def decode(line):
    """The dict that a line is. BadMessage for what is not JSON in strict form, or of another version."""
    try:
        message = json.loads(line.decode('utf-8'), object_pairs_hook=once_each, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise BadMessage('not JSON')
    if not isinstance(message, dict) or message.get('v') != 1:
        raise BadMessage('not version 1')
    return message


def once_each(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError('a key twice')
    return made


def refuse(word):
    raise ValueError(word)
