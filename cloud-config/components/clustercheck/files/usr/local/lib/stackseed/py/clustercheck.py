"""Answers HTTP on the socket that systemd hands over: 200 while the database of this controller may be
used, 503 when not, each with one line of why. See galera_live.serving() for what that means.

Reads the record of the database and asks MariaDB; changes nothing. One question to MariaDB serves all who
ask within a fifth of a second, and none waits longer than half a second for it.
"""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# Seconds.
FRESH, MARIADB, REQUEST = 0.2, 0.5, 0.3
LISTEN = 3


class Gate:
    """The state of the gate, and the connection that it is read through."""

    def __init__(self, root):
        self.root = root
        self.connection = None
        self.until = 0.0
        self.state = (False, '')

    def look(self):
        """(open, why), at most FRESH seconds old."""
        if time.monotonic() >= self.until:
            state = self.ask()
            if state[0] != self.state[0]:
                sys.stderr.write('%s: %s\n' % ('open' if state[0] else 'closed', state[1]))
                sys.stderr.flush()
            self.state, self.until = state, time.monotonic() + FRESH
        return self.state

    def ask(self):
        # Another component lays these; until then there is no database to be used.
        try:
            import galera_live
            import galera_state
            import sql
        except ImportError:
            return False, 'the database is not set up yet'
        try:
            record = galera_state.read(self.root)
            if record is None:
                return False, 'the database is not set up yet'
            if self.connection is None:
                self.connection = sql.Connection(self.root, timeout=MARIADB)
            return galera_live.serving(self.root, record, self.connection)[:2]
        except galera_state.Unreadable as error:
            return False, str(error)
        except (sql.Failed, OSError, ValueError) as error:
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            return False, 'MariaDB does not answer: %s' % error


def answer(connection, gate):
    """One question; whatever it is, it is answered in the same way."""
    with connection:
        connection.settimeout(REQUEST)
        try:
            connection.recv(4096)
            is_open, why = gate.look()
            line = (why + '\n').encode('ascii', 'replace')
            head = 'HTTP/1.0 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' % (
                '200 OK' if is_open else '503 Service Unavailable', len(line))
            connection.sendall(head.encode() + line)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            # Who asked has gone.
            pass


def main():
    gate = Gate(os.environ.get('ROOT', ''))
    listening = socket.fromfd(LISTEN, socket.AF_INET, socket.SOCK_STREAM)
    while True:
        connection, _ = listening.accept()
        answer(connection, gate)


if __name__ == '__main__':
    main()
